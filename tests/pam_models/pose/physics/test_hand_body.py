"""Capsules follow the mesh they stand for."""

import numpy as np
import pytest

from pam_models.hand.free_hand import free_hand
from pam_models.pose.physics.hand_body import build_hand_body


@pytest.mark.parametrize("side", ["right", "left"])
def test_capsules_follow_the_skin(side: str) -> None:
    """Catches capsules that stand off the flesh: contacts would float, or the skin sink into objects."""
    hand = free_hand(side)
    body = build_hand_body(hand, np.zeros(10, np.float32))
    owner = hand.weights.argmax(1)
    for capsule in body.capsules:
        if capsule.joint == 0:
            continue
        start = body.joints_m[capsule.joint] + capsule.start_m
        end = body.joints_m[capsule.joint] + capsule.end_m
        points = hand.v_template[owner == capsule.joint].astype(float)
        axis = end - start
        t = np.clip((points - start) @ axis / (axis @ axis), 0, 1)
        gap = np.linalg.norm(points - start - t[:, None] * axis, axis=1) - capsule.radius_m
        assert np.median(np.abs(gap)) < 0.0035, capsule.joint


def test_every_bone_has_a_capsule_and_a_bigger_hand_thicker_ones() -> None:
    """Catches a bone without collision shape and betas that do not reach the body."""
    hand = free_hand("right")
    body = build_hand_body(hand, np.zeros(10, np.float32))
    assert {capsule.joint for capsule in body.capsules} == set(range(16))
    betas = np.zeros(10, np.float32)
    betas[0] = 2.0
    other = build_hand_body(hand, betas)
    assert not np.allclose(other.joints_m, body.joints_m)


def test_hinge_index_names_the_row() -> None:
    """Catches an order that differs from the actuators'."""
    body = build_hand_body(free_hand("right"), np.zeros(10, np.float32))
    assert body.hinges[body.hinge_index("ring_pip")].joint == 11
