"""Who reads what: nothing twice, nothing forgotten."""

import numpy as np
import pytest

from pam_models.readers.sharing import Share, clip_order, even_rows, own_clips, world


@pytest.mark.parametrize(("clips", "ranks", "workers"), [(7, 1, 1), (7, 2, 3), (3, 4, 2), (100, 8, 4)])
def test_shares_are_a_partition(clips: int, ranks: int, workers: int) -> None:
    """Catches a clip that two readers or none get, also where readers are more than clips."""
    order = clip_order(clips, 5, 2)
    shares = [own_clips(order, Share(r, ranks, w, workers)) for r in range(ranks) for w in range(workers)]
    assert sorted(np.concatenate(shares).tolist()) == list(range(clips))


def test_orders() -> None:
    """Catches an order that is not the seed's and epoch's alone."""
    assert clip_order(9, None, 4).tolist() == list(range(9))
    assert clip_order(9, 1, 4).tolist() == clip_order(9, 1, 4).tolist() != clip_order(9, 1, 5).tolist()


def test_even_is_the_least() -> None:
    """Catches ranks that stop at different numbers."""
    order, rows = np.arange(5), np.array([10, 20, 30, 40, 50])
    assert [even_rows(order, rows, Share(rank, 2)) for rank in range(2)] == [60, 60]
    assert even_rows(order, rows, Share(0, 2, 1, 2)) == even_rows(order, rows, Share(1, 2, 1, 2)) == 30


def test_torchrun_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches every rank of a torchrun job reading everything."""
    monkeypatch.delenv("RANK", raising=False)
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    assert world() == (0, 1)
    monkeypatch.setenv("RANK", "3")
    monkeypatch.setenv("WORLD_SIZE", "8")
    assert world() == (3, 8)


@pytest.mark.parametrize("wrong", [(2, 2, 0, 1), (-1, 2, 0, 1), (0, 1, 1, 1)])
def test_readers_that_do_not_exist(wrong: tuple[int, int, int, int]) -> None:
    """Catches an empty share taken for a finished one."""
    with pytest.raises(ValueError, match="no such reader"):
        Share(*wrong)
