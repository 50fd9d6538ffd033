"""tasks/report/overlay.py: the skeleton lies where the joints are."""

import numpy as np
import pytest

from tasks.report.overlay import BONES, draw_joints, scale_joints, upscale


def test_bones_are_the_openpose_tree() -> None:
    """Catches fingers joined in a row: every finger starts at the wrist and has four bones."""
    assert len(BONES) == 20
    assert [child for parent, child in BONES if parent == 0] == [1, 5, 9, 13, 17]


def test_joint_is_drawn_at_its_pixel() -> None:
    """Catches exchanged axes and a shift when the picture is enlarged: the mark's centre is the enlarged joint."""
    joints = np.full((1, 21, 2), np.nan)
    joints[0, 8] = (30, 10)
    scaled = scale_joints(joints, (48, 64), (192, 256))
    assert scaled[0, 8].tolist() == [121.5, 41.5]
    painted = draw_joints(np.zeros((1, 192, 256, 3), np.uint8), scaled)
    weight = painted[0].sum(-1).astype(float)
    rows, columns = np.indices(weight.shape)
    assert (columns * weight).sum() / weight.sum() == pytest.approx(121.5, abs=0.1)
    assert (rows * weight).sum() / weight.sum() == pytest.approx(41.5, abs=0.1)


def test_upscaled_picture_agrees_with_scaled_joints() -> None:
    """Catches half-pixel shifts between the enlarged picture and the enlarged label."""
    frame = np.zeros((1, 40, 60, 3), np.uint8)
    frame[0, 12, 33] = 255
    weight = upscale(frame, 120, 180)[0].sum(-1).astype(float)
    rows, columns = np.indices(weight.shape)
    x, y = scale_joints(np.array([[[33.0, 12.0]]]), (40, 60), (120, 180))[0, 0]
    assert (columns * weight).sum() / weight.sum() == pytest.approx(x, abs=0.05)
    assert (rows * weight).sum() / weight.sum() == pytest.approx(y, abs=0.05)


def test_missing_and_far_joints_are_left_out() -> None:
    """Catches NaN becoming pixel 0, and overflow of fixed-point coordinates; the given frames stay as they were."""
    frames = np.zeros((2, 32, 32, 3), np.uint8)
    joints = np.full((2, 21, 2), np.nan)
    joints[1] = 1e9
    assert not draw_joints(frames, joints).any()
    joints[1, :2] = (5, 5), (20, 20)
    assert draw_joints(frames, joints)[1].any()
    assert not frames.any()
