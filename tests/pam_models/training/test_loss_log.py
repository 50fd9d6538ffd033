"""The losses on disk."""

import math
from pathlib import Path

import pytest

from pam_models.training.loss_log import LossLog


def test_steps_after_the_checkpoint_and_half_a_line_are_forgotten(tmp_path: Path) -> None:
    """Catches steps that stand twice, and a line that a kill cut off."""
    log = LossLog(tmp_path / "deep" / "losses.csv")
    for step in range(4):
        log.append({"step": step, "loss": 1.0})
    with log.path.open("a") as file:
        file.write("4")
    log.forget_from(2)
    assert log.path.read_text().splitlines() == ["step,loss", "0,1.0", "1,1.0"]


def test_the_mean_moves_slowly_also_where_nothing_is_written(tmp_path: Path) -> None:
    """Catches ranks that report different losses."""
    log = LossLog(tmp_path / "losses.csv")
    assert math.isnan(log.mean)
    for loss in (1.0, 2.0):
        log.append({"step": 0, "loss": loss}, write=False)
    assert log.mean == pytest.approx(1.02)
    assert not log.path.exists()
