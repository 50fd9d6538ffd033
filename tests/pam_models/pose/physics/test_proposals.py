"""Grasp proposals start clear of everything and aim at the object."""

import numpy as np
import pytest

from pam_models.hand.free_hand import free_hand
from pam_models.pose.physics.hand_body import build_hand_body
from pam_models.pose.physics.objects import make_object
from pam_models.pose.physics.proposals import ProposalSampler, matrix_to_quat, nearest_solid
from pam_models.pose.physics.scene import build_scene
from pam_models.pose.physics.shapes import box_mesh, merge


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("word", ["bottle", "ball"])
def test_proposals_are_proper_and_near(side: str, word: str) -> None:
    """Catches mirrored (improper) wrist rotations and hands placed away from the object."""
    thing = make_object(word, 0)
    scene = build_scene(build_hand_body(free_hand(side), np.zeros(10, np.float32)), thing, 0.0025)
    grasps = ProposalSampler(scene).sample(np.random.default_rng(0), 5, 300)
    assert len(grasps) == 5
    for grasp in grasps:
        assert np.linalg.det(grasp.rotation) == pytest.approx(1.0)
        knuckles = grasp.wrist_m + grasp.rotation @ (scene.body.joints_m[4] - scene.body.joints_m[0])
        assert np.linalg.norm(knuckles - [0, 0, scene.thing.rest_height_m]) < 0.17
        assert np.linalg.norm(grasp.approach) == pytest.approx(1.0)


def test_nearest_solid_picks_the_wall_beside_the_point() -> None:
    """Catches the gap between two walls being taken for solid."""
    mesh = merge([box_mesh([0.01, 0.1, 0.1], [-0.05, 0, 0]), box_mesh([0.01, 0.1, 0.1], [0.05, 0, 0])])
    triangles = mesh.vertices_m.astype(float)[mesh.faces]
    line = np.array([1.0, 0.0, 0.0])
    assert nearest_solid(np.array([0.03, 0.013, 0.017]), line, triangles) == pytest.approx((0.01, 0.03), abs=1e-5)
    assert nearest_solid(np.array([-0.05, 0.013, 0.017]), line, triangles) == pytest.approx((-0.01, 0.01), abs=1e-5)
    assert nearest_solid(np.array([0.0, 0.5, 0.0]), line, triangles) is None


def test_quaternion_is_wxyz() -> None:
    """Catches scipy's xyzw reaching MuJoCo."""
    assert matrix_to_quat(np.eye(3)) == pytest.approx([1, 0, 0, 0])
