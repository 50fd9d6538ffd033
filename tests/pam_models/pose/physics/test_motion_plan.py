"""Motion plans arrive, lift, and never jump."""

import numpy as np
import pytest

from pam_models.hand.free_hand import free_hand
from pam_models.pose.physics.hand_body import build_hand_body
from pam_models.pose.physics.hand_shapes import HandShapeSampler
from pam_models.pose.physics.motion_plan import CLIP_S, Timing, minimum_jerk, plan_motion
from pam_models.pose.physics.proposals import Grasp


def test_plan_starts_away_arrives_and_lifts() -> None:
    """Catches a hand that starts at the object, misses the grasp, or does not lift over 10 cm."""
    shape = HandShapeSampler(build_hand_body(free_hand("right"), np.zeros(10, np.float32))).sample(
        "power", np.random.default_rng(0)
    )
    grasp = Grasp("power", np.array([0.1, 0.0, 0.1]), np.eye(3), np.array([-1.0, 0.0, 0.0]), shape)
    times = np.linspace(0, CLIP_S, 1201)
    timing = Timing()
    for seed in range(5):
        plan = plan_motion(grasp, timing, times, np.random.default_rng(seed))
        assert 0.07 < np.linalg.norm(plan.wrist_m[0] - grasp.wrist_m) < 0.2
        closing = np.searchsorted(times, timing.close_s)
        np.testing.assert_allclose(plan.wrist_m[closing], grasp.wrist_m, atol=1e-6)
        held = plan.wrist_m[np.searchsorted(times, timing.hold_s)]
        assert held[2] - grasp.wrist_m[2] > 0.11
        assert np.linalg.norm(np.diff(plan.wrist_m, axis=0), axis=1).max() < 0.6 * (times[1] - times[0])
        np.testing.assert_allclose(np.linalg.norm(plan.wrist_quat, axis=1), 1.0)
        np.testing.assert_allclose(plan.hinges[0], shape.relaxed)
        np.testing.assert_allclose(plan.hinges[-1], shape.closed)


def test_minimum_jerk_profile() -> None:
    """Catches a profile that does not start and end at rest."""
    profile = minimum_jerk(np.array([-1.0, 0.0, 0.5, 1.0, 2.0]), 0.0, 1.0)
    assert profile == pytest.approx([0, 0, 0.5, 1, 1])
