import numpy as np

from pam_models.hand.free_hand import free_hand
from pam_models.hand.mirror import mirror_points, mirror_pose, mirrored_hand
from pam_models.hand.model import HandModel
from pam_models.hand.skinning import skin


def test_mirrored_pose_on_the_left_hand_is_the_mirror_image(hand: HandModel) -> None:
    """Catches a sign in axis-angle, pose blend shapes, shape directions or translation."""
    rng = np.random.default_rng(3)
    pose, betas, transl = rng.normal(0, 0.6, (5, 48)), rng.normal(size=(5, 10)), rng.normal(size=(5, 3))
    right = skin(hand, pose, betas, transl)
    left = skin(free_hand("left"), mirror_pose(pose), betas, mirror_points(transl))
    np.testing.assert_allclose(left.vertices, mirror_points(right.vertices), atol=2e-6)
    np.testing.assert_allclose(left.joints, mirror_points(right.joints), atol=2e-6)


def test_mean_and_components_are_mirrored_alike(hand: HandModel) -> None:
    """Catches a left hand whose relaxed pose is the right one's numbers."""
    left = free_hand("left")
    coefficients = np.random.default_rng(1).normal(size=45)
    right_pose = coefficients @ hand.hands_components + hand.hands_mean
    np.testing.assert_allclose(
        coefficients @ left.hands_components + left.hands_mean, mirror_pose(right_pose), atol=1e-5
    )


def test_mirroring_twice_is_nothing(hand: HandModel) -> None:
    """Catches a mirror that is not its own inverse."""
    twice = mirrored_hand(mirrored_hand(hand))
    assert twice.side == "right"
    for name in ("v_template", "shapedirs", "posedirs", "faces", "hands_mean", "hands_components"):
        np.testing.assert_array_equal(getattr(twice, name), getattr(hand, name))
    assert free_hand("left").sha256() != hand.sha256()
