import numpy as np

from pam_models.hand.free_hand_builder.shapes import SHAPE_NAMES
from pam_models.hand.model import HandModel
from pam_models.hand.skinning import rest_joints


def _change(hand: HandModel, name: str) -> np.ndarray:
    betas = np.zeros(10)
    betas[SHAPE_NAMES.index(name)] = 1.0
    return rest_joints(hand, betas) - rest_joints(hand, np.zeros(10))


def test_each_direction_is_about_one_standard_deviation(hand: HandModel) -> None:
    """Catches a direction a thousand times too large or lost."""
    largest = np.linalg.norm(hand.shapedirs, axis=1).max(0)
    assert (largest > 0.0004).all()
    assert (largest < 0.012).all()


def test_directions_do_what_they_are_called(hand: HandModel) -> None:
    """Catches directions in another order than their names."""
    fingers, thumb = _change(hand, "finger_length"), _change(hand, "thumb_length")
    assert (fingers[[3, 6, 9, 12], 0] > 0.001).all()
    assert np.abs(fingers[[0, 13, 14, 15]]).max() < 3e-4
    assert np.linalg.norm(thumb[15]) > 0.002
    assert np.abs(thumb[[0, 3, 6, 9, 12]]).max() < 3e-4
    width = _change(hand, "palm_width")
    assert width[1, 1] > 0.0005
    assert width[7, 1] < -0.0008
    assert (_change(hand, "palm_length")[[1, 4, 7, 10], 0] > 0.002).all()


def test_directions_are_independent(hand: HandModel) -> None:
    """Catches two coefficients that mean the same."""
    flat = hand.shapedirs.reshape(-1, 10).astype(np.float64)
    flat /= np.linalg.norm(flat, axis=0)
    assert np.linalg.svd(flat, compute_uv=False)[-1] > 0.03
