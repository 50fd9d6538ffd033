"""Variations of a given grasp stay near it and squeeze beyond it."""

import numpy as np

from pam_models.hand.free_hand import free_hand
from pam_models.pose.physics.hand_body import build_hand_body
from pam_models.pose.physics.label_grasps import GivenGrasp, GivenGraspSampler
from pam_models.pose.physics.objects import make_object
from pam_models.pose.physics.scene import build_scene

BODY = build_hand_body(free_hand("right"), np.zeros(10, np.float32))
SCENE = build_scene(BODY, make_object("can", 0), 0.0025)
GIVEN = GivenGrasp(np.array([0.0, -0.1, 0.02]), np.eye(3), np.full(20, 0.3))


def test_the_first_variation_keeps_to_the_label() -> None:
    """Catches a label that is moved before anything else was tried, and one that forgets where the object stands."""
    first, *later = GivenGraspSampler(SCENE, GIVEN).sample(np.random.default_rng(0), 30, 1)
    np.testing.assert_allclose(
        first.wrist_m, GIVEN.wrist_m + np.array([0.0, 0.0, SCENE.thing.rest_height_m]), atol=1e-9
    )
    np.testing.assert_allclose(first.rotation, np.eye(3), atol=1e-9)
    assert np.linalg.norm(later[-1].wrist_m - first.wrist_m) > 1e-4
    assert all(np.linalg.norm(grasp.wrist_m - first.wrist_m) < 0.05 for grasp in later)


def test_fingers_open_before_and_squeeze_beyond_the_label() -> None:
    """Catches a hand that stops at the label's pose, where it only touches, and hinges beyond their limits."""
    bends = [row for row, hinge in enumerate(BODY.hinges) if hinge.name == "index_mcp"]
    for grasp in GivenGraspSampler(SCENE, GIVEN).sample(np.random.default_rng(1), 10, 1):
        assert grasp.shape.opened[bends[0]] < 0.3 < grasp.shape.closed[bends[0]]
        assert all(h.low <= a <= h.high for h, a in zip(BODY.hinges, grasp.shape.closed, strict=True))
        assert grasp.approach[2] < 0.0
