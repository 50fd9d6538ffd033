"""Point tracks. Each test says which defect it would catch."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from pam_models.metrics.tracks import LucasKanadeTracker, TorchscriptTracker, grid_points

H, W, T = 64, 96, 8


def sliding(dx: float, dy: float) -> np.ndarray:
    """A smooth random texture that slides by (dx, dy) pixels per frame."""
    texture = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 255, (H * 2, W * 2, 3)).astype(np.uint8), (0, 0), 2)
    texture = cv2.normalize(texture, None, 0, 255, cv2.NORM_MINMAX)
    frames = []
    for t in range(T):
        shift = np.float32([[1, 0, -W / 2 + dx * t], [0, 1, -H / 2 + dy * t]])
        frames.append(cv2.warpAffine(texture, shift, (W, H), flags=cv2.INTER_CUBIC))
    return np.stack(frames)


@pytest.mark.parametrize(("dx", "dy"), [(0.0, 0.0), (1.5, -0.75), (-2.0, 1.0)])
def test_lucas_kanade_follows_a_known_motion(dx: float, dy: float) -> None:
    """Catches x and y exchanged, and drift: known tracks to 0.25 px over the clip."""
    start = grid_points(H, W, 12)
    inner = start[(np.abs(start - [W / 2, H / 2]) < [24, 14]).all(-1)]
    found = LucasKanadeTracker().track(sliding(dx, dy), inner)
    known = inner[:, None] + np.arange(T)[None, :, None] * np.array([dx, dy])
    assert found.valid.all()
    assert np.abs(found.points_px - known).max() < 0.25


def test_what_leaves_the_picture_is_invalid_from_then_on() -> None:
    """Catches a lost point whose frozen place counts as a motionless track."""
    found = LucasKanadeTracker().track(sliding(6.0, 0.0), np.array([[W - 12.0, H / 2]], np.float32))
    assert found.valid[0, 0] and not found.valid[0, -1]
    assert (np.diff(found.valid[0].astype(int)) <= 0).all()


def test_no_points_are_no_tracks() -> None:
    """Catches a crash on a clip in which nothing is visible."""
    assert LucasKanadeTracker().track(sliding(1, 0), np.zeros((0, 2), np.float32)).points_px.shape == (0, T, 2)


class Constant(torch.nn.Module):
    """A tracker that says that every point moves right by one pixel per frame and is always seen."""

    def forward(self, clip: torch.Tensor, queries: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        time = torch.arange(clip.shape[1]).reshape(1, -1, 1, 1).float()
        step = torch.tensor([1.0, 0.0]).reshape(1, 1, 1, 2)
        points = queries[:, None, :, 1:] + time * step
        return points, torch.ones(points.shape[:3])


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_a_trackers_export_is_called_as_cotracker_is(tmp_path: Path) -> None:
    """Catches axes in another order, and a name without the file's hash."""
    path = tmp_path / "tracker.pt"
    torch.jit.script(Constant()).save(str(path))
    tracker = TorchscriptTracker(path)
    found = tracker.track(np.zeros((4, 8, 8, 3), np.uint8), np.array([[1.0, 2.0], [3.0, 4.0]], np.float32))
    assert found.points_px[1].tolist() == [[3, 4], [4, 4], [5, 4], [6, 4]] and found.valid.all()
    assert tracker.tracker_id.startswith("torchscript-") and len(tracker.tracker_id) == 24


def test_the_grid_covers_the_picture() -> None:
    """Catches points on the border or outside."""
    points = grid_points(20, 30, 10)
    assert points.tolist() == [[5, 5], [15, 5], [25, 5], [5, 15], [15, 15], [25, 15]]
