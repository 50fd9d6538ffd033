import numpy as np

from pam_models.hand import conventions
from pam_models.hand.model import HandModel
from pam_models.hand.skinning import rest_joints, skin

MANO21 = ["wrist", *(f"{f}{k}" for f in ("index", "middle", "pinky", "ring", "thumb") for k in (1, 2, 3))]
MANO21 += [f"{f}4" for f in ("thumb", "index", "middle", "ring", "pinky")]
OP21 = ["wrist", *(f"{f}{k}" for f in ("thumb", "index", "middle", "ring", "pinky") for k in (1, 2, 3, 4))]
GRASPXL21 = ["wrist", *(f"{f}{k}" for f in ("index", "middle", "pinky", "ring", "thumb") for k in (1, 2, 3, 4))]


def test_permutations_carry_names_to_names() -> None:
    """Catches ring and pinky exchanged, and tips in the wrong order."""
    assert [MANO21[i] for i in conventions.MANO21_TO_OP21] == OP21
    assert [OP21[i] for i in conventions.OP21_TO_MANO21] == MANO21
    assert [GRASPXL21[i] for i in conventions.GRASPXL21_TO_OP21] == OP21
    assert [OP21[i] for i in conventions.OP21_TO_GRASPXL21] == GRASPXL21


def test_swapping_ring_and_pinky_is_its_own_inverse() -> None:
    """Catches D-Grasp poses with exchanged outer fingers."""
    pose = np.arange(90.0).reshape(2, 45)
    swapped = conventions.swap_ring_and_pinky(pose)
    np.testing.assert_array_equal(swapped[:, 18:27], pose[:, 27:36])
    np.testing.assert_array_equal(swapped[:, 36:], pose[:, 36:])
    np.testing.assert_array_equal(conventions.swap_ring_and_pinky(swapped), pose)


def test_mean_relative_and_pca_round_trips(hand: HandModel) -> None:
    """Catches the flat / mean confusion: zero coefficients are the mean hand, not the flat one."""
    pose = np.random.default_rng(0).normal(0, 0.4, (7, 45))
    relative = conventions.flat_to_mean_relative(pose, hand.hands_mean)
    np.testing.assert_allclose(relative + hand.hands_mean, pose, atol=1e-12)
    np.testing.assert_allclose(conventions.mean_relative_to_flat(relative, hand.hands_mean), pose, atol=1e-12)
    coefficients = conventions.flat_to_pca(pose, hand.hands_mean, hand.hands_components)
    np.testing.assert_allclose(
        conventions.pca_to_flat(coefficients, hand.hands_mean, hand.hands_components), pose, atol=1e-5
    )
    np.testing.assert_array_equal(
        conventions.pca_to_flat(np.zeros(6), hand.hands_mean, hand.hands_components), hand.hands_mean
    )


def test_wrist_and_translation_round_trip_and_match_skinning(hand: HandModel) -> None:
    """Catches a wrist that is taken for the translation."""
    rng = np.random.default_rng(1)
    pose, betas, transl = rng.normal(0, 0.5, (4, 48)), rng.normal(size=10), rng.normal(size=(4, 3))
    rest = rest_joints(hand, betas)[0]
    wrist = conventions.transl_to_wrist(transl, rest)
    np.testing.assert_allclose(skin(hand, pose, betas, transl).joints[:, 0], wrist, atol=1e-6)
    np.testing.assert_allclose(conventions.wrist_to_transl(wrist, rest), transl, atol=1e-12)


def test_moved_pose_gives_moved_vertices_and_back(hand: HandModel) -> None:
    """Catches R transl + T, the classic mistake: the hand must move with its frame as a rigid body."""
    rng = np.random.default_rng(2)
    pose, betas, transl = rng.normal(0, 0.5, (4, 48)), rng.normal(size=10), rng.normal(size=(4, 3))
    frame = np.eye(4)
    frame[:3, :3] = conventions.axis_angle_to_matrix(rng.normal(size=3))
    frame[:3, 3] = rng.normal(size=3)
    rest = rest_joints(hand, betas)[0]
    moved_pose, moved_transl = conventions.move_pose(pose, transl, rest, frame)
    before, after = skin(hand, pose, betas, transl).vertices, skin(hand, moved_pose, betas, moved_transl).vertices
    np.testing.assert_allclose(after, before @ frame[:3, :3].T + frame[:3, 3], atol=3e-6)
    back_pose, back_transl = conventions.move_pose(moved_pose, moved_transl, rest, np.linalg.inv(frame))
    np.testing.assert_allclose(back_transl, transl, atol=1e-9)
    np.testing.assert_allclose(
        conventions.axis_angle_to_matrix(back_pose[:, :3]), conventions.axis_angle_to_matrix(pose[:, :3]), atol=1e-9
    )
    np.testing.assert_array_equal(back_pose[:, 3:], pose[:, 3:])
