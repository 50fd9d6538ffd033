"""Checkpoints: whole or not at all, and nothing is executed on reading."""

import pickle
import signal
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO

import pytest
import torch
from torch import nn

from pam_models.training.checkpoint import (
    CheckpointError,
    forget_old_shares,
    kept_tensors,
    load_checkpoint,
    load_kept,
    save_checkpoint,
    share_path,
)

REPOSITORY = Path(__file__).parents[3]


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


def test_a_kill_at_any_moment_leaves_a_whole_checkpoint(tmp_path: Path) -> None:
    """Catches a file that is written in place: SIGKILL asks nobody."""
    path = tmp_path / "checkpoint.pt"
    program = (
        "import sys, torch\nfrom pathlib import Path\n"
        "from pam_models.training.checkpoint import save_checkpoint\n"
        "for step in range(10**6):\n"
        "    save_checkpoint(Path(sys.argv[1]), {'step': step, 'tensor': torch.full((300_000,), float(step))})\n"
        "    print(step, flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, cwd=REPOSITORY) as child:
        assert child.stdout is not None
        for expected in (5, 11, 20):
            while int(child.stdout.readline()) < expected:
                pass
            state = load_checkpoint(path)
            assert state is not None and state["tensor"].eq(state["step"]).all()
        child.send_signal(signal.SIGKILL)
    state = load_checkpoint(path)
    assert state is not None and state["step"] >= 20 and state["tensor"].eq(state["step"]).all()


def test_frozen_parameters_stay_out_and_other_shapes_are_refused() -> None:
    """Catches a checkpoint of gigabytes that come from elsewhere, and a partial load."""
    module = nn.ModuleDict({"base": nn.Linear(3, 3).requires_grad_(False), "branch": nn.Linear(3, 3)})
    kept = kept_tensors(module)
    assert set(kept) == {"branch.weight", "branch.bias"}
    other = nn.ModuleDict({"base": nn.Linear(3, 3).requires_grad_(False), "branch": nn.Linear(3, 3)})
    load_kept(other, kept)
    assert torch.equal(other["branch"].weight, module["branch"].weight)
    assert not torch.equal(other["base"].weight, module["base"].weight)
    with pytest.raises(RuntimeError, match="missing or unknown"):
        load_kept(other, {"branch.weight": kept["branch.weight"]})


def test_shares_of_older_steps_are_deleted_by_their_own_rank(tmp_path: Path) -> None:
    """Catches shares that pile up, and a rank that deletes another's."""
    path = tmp_path / "checkpoint.pt"
    for step, rank in ((1, 1), (2, 1), (1, 2)):
        save_checkpoint(share_path(path, step, rank), {"step": step})
    forget_old_shares(path, 2, 1)
    assert {found.name for found in tmp_path.iterdir()} == {
        "checkpoint-00000002-rank1.pt",
        "checkpoint-00000001-rank2.pt",
    }
