"""Quality figures on motions whose figures are known by construction."""

import numpy as np
import pytest

from pam_models.hand.free_hand import free_hand
from pam_models.pose.physics.shapes import box_mesh
from pam_models.pose.quality import jerk_m_s3, measure, slip_mm
from pam_models.pose.trajectory_quality import TrajectoryQuality

MESH = box_mesh([0.05, 0.05, 0.05])


def poses(positions: np.ndarray) -> np.ndarray:
    found = np.tile(np.eye(4), (len(positions), 1, 1))
    found[:, :3, 3] = positions
    return found


def lifted_by(heights: np.ndarray, hand_x: float, *, left_behind_m: float = 0.0) -> TrajectoryQuality:
    """A hand whose first vertex stands at `hand_x` in the object's frame, and whose others are just outside of it."""
    path = np.stack([0 * heights, 0 * heights, heights], 1)
    hand = free_hand("right")
    local = np.full((len(hand.v_template), 3), [0.08, 0.0, 0.0])
    local[0, 0] = hand_x
    vertices = path[:, None] + local
    vertices[-1] += left_behind_m
    return measure(
        hand=hand,
        pose_flat=np.zeros((len(heights), 48), np.float32),
        betas=np.zeros(10, np.float32),
        hand_vertices_m=vertices,
        wrist_T_world=poses(path),
        object_vertices_m=MESH.vertices_m,
        object_faces=MESH.faces,
        object_T_world=poses(path),
        joints_in_picture=np.ones((len(heights), 21), bool),
        fps=10.0,
    )


RISE = np.concatenate([np.linspace(0, 0.15, 10), np.full(11, 0.15)])


def test_penetration_is_the_depth_in_millimetres() -> None:
    """Catches metres for millimetres, and a mean over frames without contact."""
    quality = lifted_by(RISE, 0.047)
    assert quality.penetration_mm_max == pytest.approx(3.0, abs=0.01)
    assert quality.penetration_mm_mean == pytest.approx(3.0, abs=0.01)
    assert quality.contact_ratio == 1.0


def test_gap_is_no_contact() -> None:
    """Catches a contact ratio that does not look at the distance."""
    assert lifted_by(RISE, 0.06).contact_ratio == 0.0
    assert lifted_by(RISE, 0.051).contact_ratio == 1.0


def test_lifted_and_held_need_ten_centimetres() -> None:
    """Catches GraspXL's threshold being off and the hold being counted from the wrong end."""
    assert lifted_by(RISE, 0.05).lifted
    assert not lifted_by(RISE * 0.6, 0.05).lifted
    assert not lifted_by(RISE, 0.05, left_behind_m=0.3).lifted
    held = lifted_by(np.array([0, 0.11, 0.05, 0.11, 0.11, 0.11]), 0.05).held_s
    assert held == pytest.approx(0.2)


def test_slip_is_measured_in_the_hand() -> None:
    """Catches world displacement being taken for slip, and a wrong unit."""
    wrist = poses(np.linspace([0, 0, 0], [0, 0, 1.0], 5))
    thing = wrist.copy()
    assert slip_mm(wrist, thing, np.ones(5, bool)) == pytest.approx(0.0, abs=1e-9)
    thing[:, 0, 3] += np.arange(5) * 0.002
    assert slip_mm(wrist, thing, np.ones(5, bool)) == pytest.approx(2.0)


def test_jerk_of_a_cubic() -> None:
    """Catches a wrong power of the frame rate."""
    t = np.arange(20) / 10.0
    path = np.stack([t**3, 0 * t, 0 * t], 1)
    assert jerk_m_s3(path, 10.0) == pytest.approx(6.0, rel=1e-6)


def test_a_flat_hand_is_possible() -> None:
    """Catches hand figures that are not zero where nothing is wrong."""
    quality = lifted_by(RISE, 0.05)
    assert (quality.self_penetration_mm_max, quality.joint_limit_deg_max) == (0.0, pytest.approx(0.0, abs=1e-4))
