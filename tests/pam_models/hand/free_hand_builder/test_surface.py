import numpy as np

from pam_models.hand.free_hand_builder import surface
from pam_models.hand.free_hand_builder.skeleton import FINGERS, THUMB, joint_positions


def test_bones_are_inside_and_far_points_outside() -> None:
    """Catches an inverted sign and fingers without flesh."""
    assert (surface.signed_distance(joint_positions()) < -4.0).all()
    assert (surface.signed_distance(np.array([[0.0, 0, 100], [300, 0, 0], [100, 0, -60]])) > 20).all()


def test_fingers_are_as_wide_as_fingers() -> None:
    """Catches sausages and sticks: 13 to 20 mm across the middle joints."""
    for finger in (*FINGERS, THUMB):
        centre = np.repeat(finger.joints[2 if finger is THUMB else 1][None], 2, 0)
        ends = surface.cast(centre, np.stack([finger.flexion_axis, -finger.flexion_axis]))
        assert 13 < np.linalg.norm(ends[0] - ends[1]) < 22


def test_cast_and_project_end_on_the_skin() -> None:
    """Catches rays and steps that stop short."""
    rng = np.random.default_rng(0)
    directions = rng.normal(size=(30, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    found = surface.cast(np.repeat(FINGERS[1].joints[2][None], 30, 0), directions)
    assert np.abs(surface.signed_distance(found)).max() < 0.01
    moved = surface.project(found + rng.normal(0, 1.0, found.shape), 12)
    assert np.abs(surface.signed_distance(moved)).max() < 0.05


def test_gradient_points_outward() -> None:
    """Catches a gradient of the wrong sign, which would push vertices into the flesh."""
    above = np.array([[70.0, 0.0, 40.0]])
    assert surface.gradient(above)[0, 2] > 0.8
