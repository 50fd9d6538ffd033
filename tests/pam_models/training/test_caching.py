"""Work that is done as long as there is time, and files that are whole or absent."""

from pathlib import Path

import numpy as np
import pytest

from pam_models.training.caching import in_time, write_arrays


def test_items_come_in_order_until_the_time_is_over() -> None:
    """Catches a limit that is not kept, and one where none was asked for."""
    assert list(in_time("abc", None, "letters")) == ["a", "b", "c"]
    assert list(in_time("abc", 60.0, "letters")) == ["a", "b", "c"]
    assert list(in_time("abc", -1.0, "letters")) == []


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches half a file that the next start takes for a whole one."""
    path = tmp_path / "new" / "x.npz"
    write_arrays(path, {"a": np.arange(3)})

    def broken(*_: object, **__: object) -> None:
        raise OSError("no space")

    monkeypatch.setattr(np, "savez", broken)
    with pytest.raises(OSError, match="no space"):
        write_arrays(path, {"a": np.arange(9)})
    assert np.load(path)["a"].tolist() == [0, 1, 2]
