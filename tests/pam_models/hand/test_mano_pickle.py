import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse

from pam_models.hand.mano_pickle import load_arrays
from pam_models.hand.model import BadHandFile


def _write(path: Path, content: object, protocol: int = 2) -> Path:
    path.write_bytes(pickle.dumps(content, protocol=protocol))
    return path


class _Runs:
    def __init__(self, function: object, *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.call


@pytest.mark.parametrize("protocol", [0, 1, 2, 4, 5])
def test_arrays_and_sparse_matrices_survive_every_protocol(tmp_path: Path, protocol: int) -> None:
    """Catches a reader that only knows today's pickles."""
    rng = np.random.default_rng(0)
    dense = rng.normal(size=(5, 3))
    sparse = scipy.sparse.csc_matrix(rng.random((16, 20)) * (rng.random((16, 20)) < 0.2))
    rows = scipy.sparse.csr_matrix(sparse)
    content = {
        "a": dense,
        "f": np.arange(6, dtype=np.uint32),
        "s": sparse,
        "r": rows,
        "n": np.float64(2.5),
        "w": "text",
    }
    found = load_arrays(_write(tmp_path / "x.pkl", content, protocol))
    np.testing.assert_array_equal(np.asarray(found["a"]), dense)
    np.testing.assert_array_equal(np.asarray(found["s"]), sparse.toarray())
    np.testing.assert_array_equal(np.asarray(found["r"]), sparse.toarray())
    assert np.asarray(found["f"]).dtype == np.uint32
    assert found["n"] == 2.5
    assert found["w"] == "text"


def test_file_that_runs_a_command_is_refused_and_not_run(tmp_path: Path) -> None:
    """Catches code execution out of a downloaded file."""
    witness = tmp_path / "was-here"
    path = _write(tmp_path / "x.pkl", {"v_template": _Runs(os.system, f"touch {witness}")})
    with pytest.raises(BadHandFile, match=r"asks for (posix|nt)\.system; only data is read"):
        load_arrays(path)
    assert not witness.exists()


@pytest.mark.parametrize(
    "function", [eval, getattr, __import__, np.load, np.fromfile, pickle.loads, Path.unlink], ids=lambda f: f.__name__
)
def test_other_names_are_refused(tmp_path: Path, function: object) -> None:
    """Catches an allow-list by module instead of by name."""
    with pytest.raises(BadHandFile, match="asks for"):
        load_arrays(_write(tmp_path / "x.pkl", {"x": _Runs(function, "x")}, 4))


def test_dotted_names_do_not_reach_through_allowed_classes(tmp_path: Path) -> None:
    """Catches protocol 4 lookups such as ndarray.tofile, which would write a file."""
    stream = b"\x80\x04\x8c\x05numpy\x8c\x0endarray.tofile\x93."
    path = tmp_path / "x.pkl"
    path.write_bytes(stream)
    with pytest.raises(BadHandFile, match=r"numpy\.ndarray\.tofile"):
        load_arrays(path)


@pytest.mark.parametrize("content", [b"", b"not a pickle", b"\x80\x02}q\x00U\x05abc"])
def test_damaged_file_is_a_clear_error(tmp_path: Path, content: bytes) -> None:
    """Catches a traceback out of pickle's inside."""
    path = tmp_path / "x.pkl"
    path.write_bytes(content)
    with pytest.raises(BadHandFile, match=r"x\.pkl"):
        load_arrays(path)


def test_a_list_is_not_a_hand(tmp_path: Path) -> None:
    """Catches pickles of something else."""
    with pytest.raises(BadHandFile, match="holds a list"):
        load_arrays(_write(tmp_path / "x.pkl", [1, 2]))
