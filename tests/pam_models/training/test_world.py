"""Two real processes over gloo: what they see, that they agree, that they resume, and DeepSpeed's ZeRO-2 among them."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from pam_models.training.loop import Limits
from pam_models.training.world import World, joined_world
from tests.pam_models.training.rank_program import ITEMS, RECIPE, trained

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the two ranks left what they did."""
    place = tmp_path_factory.mktemp("ranks")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    shared = os.environ | {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2", "LOCAL_SIZE": "2"}
    shared |= {"PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1", "DS_ACCELERATOR": "cpu"}
    command = [sys.executable, "-W", "ignore", "-m", "tests.pam_models.training.rank_program", str(place)]
    with (place / "output.txt").open("wb") as output:
        ranks = [
            subprocess.Popen(
                command,
                cwd=REPOSITORY,
                env=shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
                stdout=output,
                stderr=output,
            )
            for rank in (0, 1)
        ]
        codes = [rank.wait(timeout=170) for rank in ranks]
    assert codes == [0, 0], (place / "output.txt").read_text()[-4000:]
    return place


@pytest.fixture(scope="module")
def ranks(folder: Path) -> list[dict[str, Any]]:
    """What each rank found."""
    return [torch.load(folder / f"rank{rank}.pt", weights_only=True) for rank in (0, 1)]


def test_two_ranks_see_disjoint_data_that_together_are_all_of_it(ranks: list[dict[str, Any]]) -> None:
    """Catches ranks that read the same, and data that nobody reads."""
    first, second = ([item for items in rank["plain whole"]["seen"].values() for item in items] for rank in ranks)
    assert not set(first) & set(second)
    assert sorted(first + second) == [f"{index:02d}" for index in range(ITEMS)]
    assert len(first) == len(second)


def test_two_ranks_learn_what_one_process_learns(ranks: list[dict[str, Any]], tmp_path: Path) -> None:
    """Catches gradients that are summed, left alone or averaged twice; the order of additions alone may differ."""
    alone = trained(tmp_path, RECIPE, World(), Limits())
    for ours, theirs in zip(alone["weights"], ranks[0]["plain whole"]["weights"], strict=True):
        assert torch.allclose(ours, theirs, rtol=1e-4, atol=1e-6)
    assert alone["loss"] == pytest.approx(ranks[1]["plain whole"]["loss"], rel=1e-4)


@pytest.mark.parametrize("engine", ["plain", "zero"])
@pytest.mark.parametrize("what", ["weights", "average"])
def test_ranks_stay_equal_and_resume_bit_for_bit(ranks: list[dict[str, Any]], engine: str, what: str) -> None:
    """Catches ranks that drift apart, and a share of the optimizer or of the data order lost between two starts."""
    whole, other, parts = ranks[0][f"{engine} whole"], ranks[1][f"{engine} whole"], ranks[0][f"{engine} parts"]
    assert all(torch.equal(*pair) for pair in zip(whole[what], other[what], strict=True))
    assert all(torch.equal(*pair) for pair in zip(whole[what], parts[what], strict=True))
    assert whole["step"] == parts["step"] == RECIPE.steps
    late = {number: items for number, items in whole["seen"].items() if number in parts["seen"]}
    assert late == parts["seen"] and len(late) < len(whole["seen"])


def test_each_rank_keeps_only_the_shares_of_the_last_checkpoint(folder: Path) -> None:
    """Catches shares that pile up, or that are missing."""
    assert sorted(path.name for path in (folder / "zero-whole").glob("checkpoint*")) == [
        "checkpoint-00000006-rank1.pt",
        "checkpoint.pt",
    ]
    assert [path.name for path in (folder / "plain-whole").glob("checkpoint*")] == ["checkpoint.pt"]


def test_without_torchrun_it_is_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a process group that a plain start would wait for."""
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)
    with joined_world() as world:
        assert (world.rank, world.size, world.first) == (0, 1, True)
        assert world.sum([1.0, 2.0]) == [1.0, 2.0]
        assert not torch.distributed.is_initialized()
