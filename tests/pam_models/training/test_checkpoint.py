"""Checkpoints: whole or not at all, and nothing is executed on reading."""

import pickle
from pathlib import Path
from typing import BinaryIO

import pytest
import torch

from pam_models.training.checkpoint import CheckpointError, load_checkpoint, save_checkpoint


def test_what_is_written_comes_back_bit_for_bit(tmp_path: Path) -> None:
    """Catches a change of type on the way."""
    path = tmp_path / "deep" / "checkpoint.pt"
    save_checkpoint(path, {"step": 3, "tensor": torch.tensor([1.0, float("-inf")]), "nested": {"a": [1, 2.5]}})
    state = load_checkpoint(path)
    assert state is not None
    assert state["step"] == 3 and torch.equal(state["tensor"], torch.tensor([1.0, float("-inf")]))
    assert state["nested"] == {"a": [1, 2.5]}


def test_a_crash_while_writing_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches writing in place."""
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, {"step": 1})

    def crash(_state: object, target: BinaryIO) -> None:
        target.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(torch, "save", crash)
    with pytest.raises(OSError, match="disk full"):
        save_checkpoint(path, {"step": 2})
    monkeypatch.undo()
    assert load_checkpoint(path) == {"step": 1}


def test_no_file_is_no_checkpoint(tmp_path: Path) -> None:
    """Catches a first start that fails."""
    assert load_checkpoint(tmp_path / "none.pt") is None


class _Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (eval, ("1/0",))


def test_a_pickle_with_code_is_not_run(tmp_path: Path) -> None:
    """Catches torch.load without weights_only."""
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(pickle.dumps(_Evil()))
    with pytest.raises(CheckpointError, match="no readable checkpoint"):
        load_checkpoint(path)
