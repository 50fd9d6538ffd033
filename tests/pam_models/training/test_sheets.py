"""Sheets and plots."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from pam_models.training.sheets import contact_sheet, loss_plot, spread_frames, with_joints, write_sheet


def test_a_sheet_shows_every_picture_of_every_row(tmp_path: Path) -> None:
    """Catches rows cut to the shortest, and channels exchanged on the way to the file."""
    red = np.zeros((2, 8, 8, 3), np.uint8)
    red[..., 0] = 200
    sheet = contact_sheet({"a": red, "b": red[:1]}, scale=2)
    assert (sheet == [200, 0, 0]).all(axis=-1).sum() == 3 * 16 * 16
    written = cv2.imread(str(write_sheet(tmp_path / "deep" / "sheet.png", sheet)))
    assert written is not None
    assert np.array_equal(written[..., ::-1], sheet)


def test_an_empty_sheet_is_refused() -> None:
    """Catches a bare error of max()."""
    with pytest.raises(ValueError, match="at least one row"):
        contact_sheet({})


def test_frames_are_spread_to_both_ends() -> None:
    """Catches a last frame that is never looked at."""
    assert spread_frames(49, 7) == [0, 8, 16, 24, 32, 40, 48]
    assert spread_frames(2, 5) == [0, 1]


def test_joints_are_drawn_where_they_are() -> None:
    """Catches x and y exchanged, and a crash on joints that are nowhere."""
    joints = np.full((21, 2), np.nan)
    joints[0] = [6.0, 1.0]
    drawn = with_joints(np.zeros((1, 8, 8, 3), np.uint8), [joints], (255, 0, 0), scale=4)
    assert drawn[0, 6, 26, 0] > 200
    assert drawn[0, 26, 6, 0] == 0


def test_a_plot_is_written(tmp_path: Path) -> None:
    """Catches a plot that fails on a short run."""
    path = tmp_path / "losses.csv"
    path.write_text("step,loss\n0,1.0\n1,0.5\n", encoding="utf-8")
    loss_plot(path, tmp_path / "loss.png")
    assert (tmp_path / "loss.png").stat().st_size > 1000
