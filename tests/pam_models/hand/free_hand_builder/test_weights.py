import numpy as np
import pytest

from pam_models.hand.free_hand_builder.skeleton import FINGERS, joint_positions
from pam_models.hand.free_hand_builder.topology import build_topology
from pam_models.hand.free_hand_builder.weights import along_finger, joint_regressor, skinning_weights, smoothstep
from pam_models.hand.model import HandModel


def test_each_finger_hangs_on_its_own_bones(hand: HandModel) -> None:
    """Catches a fingertip that follows its neighbour."""
    topology = build_topology()
    weights = skinning_weights(hand.v_template.astype(np.float64) * 1000, topology)
    np.testing.assert_allclose(weights.sum(1), 1.0, atol=1e-9)
    for number, finger in enumerate(FINGERS):
        outer = weights[topology.finger_rings[number][2:].ravel()]
        assert (outer[:, finger.first_joint : finger.first_joint + 3].sum(1) > 0.99).all()
    assert (weights[topology.palm[:2].ravel(), 0] == 1.0).all()


def test_regressor_is_exact_sparse_and_never_negative(hand: HandModel) -> None:
    """Catches joints that are only nearly reproduced."""
    vertices = hand.v_template.astype(np.float64) * 1000
    rows = joint_regressor(vertices)
    assert (rows >= 0).all()
    assert np.abs(rows @ vertices - joint_positions()).max() < 0.01


def test_joint_outside_the_skin_is_an_error(hand: HandModel) -> None:
    """Catches a regressor that silently extrapolates."""
    with pytest.raises(ValueError, match="lies outside"):
        joint_regressor(hand.v_template.astype(np.float64) * 1000 + [0, 0, 200.0])


def test_place_along_a_finger_and_smoothstep() -> None:
    """Catches a kink at the bones' ends: joints lie at the sums of the bones' lengths."""
    finger = FINGERS[1]
    lengths = np.linalg.norm(np.diff(finger.joints, axis=0), axis=1)
    np.testing.assert_allclose(along_finger(finger.joints + 1e-9, finger), np.r_[0, np.cumsum(lengths)], atol=1e-6)
    np.testing.assert_allclose(smoothstep(np.array([-1.0, 0.5, 3.0]), 0.0, 1.0), [0.0, 0.5, 1.0])
