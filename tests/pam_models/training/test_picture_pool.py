"""Single pictures in order."""

from pathlib import Path

from pam_models.training.ordering import Turn
from pam_models.training.picture_pool import PicturePool


def test_every_picture_comes_once_an_epoch(tmp_path: Path) -> None:
    """Catches pictures drawn with replacement within a block."""
    pool = PicturePool(tmp_path / "order.json")
    assert pool.extend(0, {"a:b": [0, 2], "c": range(4)}) == 6
    seen = [picture for step in range(3) for picture in pool.batch(Turn(step), 2, 1)]
    assert sorted(seen) == [("a:b", 0), ("a:b", 2), ("c", 0), ("c", 1), ("c", 2), ("c", 3)]
    again = PicturePool(tmp_path / "order.json")
    assert [picture for step in range(3) for picture in again.batch(Turn(step), 2, 1)] == seen
