"""What the unpickler reads, and what it must never run."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pam_models.pose.array_dict import load_array_dict
from pam_models.pose.source import BadInput


def save(path: Path, value: Any) -> Path:
    np.save(path, np.array(value, dtype=object), allow_pickle=True)
    return path


def test_a_dict_of_arrays_comes_back(tmp_path: Path) -> None:
    """Catches numpy's own pickles being refused."""
    data = {"a": {"b": np.arange(6, dtype=np.float32).reshape(2, 3)}, "n": 3}
    loaded = load_array_dict(save(tmp_path / "x.npy", data))
    np.testing.assert_array_equal(loaded["a"]["b"], data["a"]["b"])
    assert loaded["n"] == 3


def test_code_in_the_file_does_not_run(tmp_path: Path) -> None:
    """Catches any class or function being resolved from the file."""
    target = tmp_path / "ran"

    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (target,)

    with pytest.raises(BadInput, match="only data is read"):
        load_array_dict(save(tmp_path / "x.npy", {"a": Evil()}))
    assert not target.exists()


@pytest.mark.parametrize("content", [b"", b"hello", b"\x93NUMPY\x01\x00", pickle.dumps({"a": 1})])
def test_other_files_are_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    """Catches a crash on what is no .npy file."""
    path = tmp_path / "x.npy"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=r"x\.npy: is not an \.npy file"):
        load_array_dict(path)


def test_cut_file_is_refused(tmp_path: Path) -> None:
    """Catches a half-copied recording being read or crashing."""
    path = save(tmp_path / "x.npy", {"a": np.zeros(1000)})
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(BadInput, match="not a readable pickle"):
        load_array_dict(path)


def test_plain_array_missing_file_and_wrong_contents(tmp_path: Path) -> None:
    """Catches anything but one dict of numbers being passed on."""
    np.save(tmp_path / "plain.npy", np.zeros(3))
    with pytest.raises(BadInput, match="one pickled dict"):
        load_array_dict(tmp_path / "plain.npy")
    with pytest.raises(BadInput, match="cannot be read"):
        load_array_dict(tmp_path / "none.npy")
    with pytest.raises(BadInput, match="must hold a dict"):
        load_array_dict(save(tmp_path / "s.npy", "text"))
    with pytest.raises(BadInput, match="keys must be strings"):
        load_array_dict(save(tmp_path / "k.npy", {1: np.zeros(2)}))
    with pytest.raises(BadInput, match="must hold numbers"):
        load_array_dict(save(tmp_path / "o.npy", {"a": np.array(["x"])}))
