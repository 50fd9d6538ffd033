from collections.abc import Callable

import numpy as np
import pytest

from pam_models.hand.anatomy import hand_anatomy, pose_from_angles
from pam_models.hand.free_hand import free_hand
from pam_models.hand.model import HandModel
from pam_models.hand.skinning import rest_joints, skin

Volume = Callable[[np.ndarray, np.ndarray], float]
Winding = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def _bent(hand: HandModel, degrees: dict[int, float]) -> np.ndarray:
    flexion = np.zeros(15)
    for joint, angle in degrees.items():
        flexion[joint - 1] = np.deg2rad(angle)
    pose = np.r_[np.zeros(3), pose_from_angles(hand_anatomy(hand), flexion)]
    return skin(hand, pose[None], np.zeros(10), np.zeros((1, 3))).vertices[0]


@pytest.mark.parametrize("side", ["right", "left"])
def test_mesh_is_a_closed_manifold_of_genus_zero_facing_outward(side: str, volume: Volume) -> None:
    """Catches holes, flipped faces, doubled edges, stray vertices and an inside-out left hand."""
    hand = free_hand(side)
    edges = np.concatenate([hand.faces[:, [0, 1]], hand.faces[:, [1, 2]], hand.faces[:, [2, 0]]])
    directed, counts = np.unique(edges, axis=0, return_counts=True)
    assert counts.max() == 1
    assert {tuple(edge) for edge in directed} == {tuple(edge[::-1]) for edge in directed}
    assert hand.v_template.shape == (778, 3)
    assert hand.faces.shape == (1552, 3)
    assert len(np.unique(hand.faces)) == 778
    assert 778 - len(directed) // 2 + 1552 == 2
    assert 2.5e-4 < volume(hand.v_template, hand.faces) < 4.5e-4


def test_proportions_are_an_adults(hand: HandModel) -> None:
    """Catches a wrong unit or a distorted skeleton."""
    joints = skin(hand, np.zeros((1, 48)), np.zeros(10), np.zeros((1, 3))).joints[0]
    assert 0.175 < np.linalg.norm(joints[12] - joints[0]) < 0.195
    assert 0.075 < np.linalg.norm(joints[12] - joints[9]) < 0.092
    palm = hand.weights[:, 13:].sum(1) < 0.05
    knuckles = hand.v_template[palm & (np.abs(hand.v_template[:, 0] - 0.095) < 0.02)]
    assert 0.078 < np.ptp(knuckles[:, 1]) < 0.098


def test_rest_pose_has_the_documented_axes(hand: HandModel) -> None:
    """Catches a hand that points elsewhere: fingers +x, thumb +y, wrist off the origin."""
    joints = skin(hand, np.zeros((1, 48)), np.zeros(10), np.zeros((1, 3))).joints[0]
    assert (joints[[8, 12, 16, 20], 0] > joints[[5, 9, 13, 17], 0] + 0.05).all()
    assert (np.diff(joints[[4, 8, 12, 16, 20], 1]) < 0).all()
    assert np.linalg.norm(joints[0]) > 0.005


def test_joint_regressor_gives_the_skeleton_and_follows_the_shape(hand: HandModel) -> None:
    """Catches rows that do not sum to one or joints that stay behind when the hand grows."""
    np.testing.assert_allclose(hand.joint_regressor.sum(1), 1.0, atol=1e-5)
    assert (np.count_nonzero(hand.joint_regressor, axis=1) <= 60).all()
    flat, grown = rest_joints(hand, np.zeros(10)), rest_joints(hand, np.eye(10)[0] * 2)
    np.testing.assert_allclose(grown - grown[0], (flat - flat[0]) * 1.09, atol=2e-4)


@pytest.mark.parametrize("coefficient", range(10))
@pytest.mark.parametrize("size", [-2.5, 2.5])
def test_joints_stay_inside_the_skin(hand: HandModel, winding: Winding, coefficient: int, size: float) -> None:
    """Catches bones that leave the flesh at plausible shapes."""
    betas = np.zeros(10, np.float32)
    betas[coefficient] = size
    shaped = hand.v_template + hand.shapedirs @ betas
    assert (winding(rest_joints(hand, betas), shaped, hand.faces) > 0.9).all()


@pytest.mark.parametrize("joint", range(1, 16))
def test_ninety_degrees_keep_the_volume(hand: HandModel, volume: Volume, joint: int) -> None:
    """Catches joints that collapse or balloon: a finger is about 5 % of the hand. The thumb's root bends only to 45."""
    before = volume(hand.v_template, hand.faces)
    after = volume(_bent(hand, {joint: 45.0 if joint == 13 else 90.0}), hand.faces)
    # The ball of the thumb folds into the palm, where the mesh counts it twice with opposite signs.
    assert abs(after / before - 1) < (0.035 if joint == 13 else 0.013)


@pytest.mark.parametrize("joint", [2, 3, 5, 6, 8, 9, 11, 12, 14, 15])
def test_ninety_degrees_keep_the_outer_knuckle_as_thick(hand: HandModel, joint: int) -> None:
    """Catches the candy-wrapper and the elbow collapse: skin over a bent knuckle keeps its distance from the joint."""
    rest = rest_joints(hand, np.zeros(10))[joint]
    near = np.argsort(np.linalg.norm(hand.v_template - rest, axis=1))[:10]
    before = np.linalg.norm(hand.v_template[near] - rest, axis=1)
    bent = _bent(hand, {joint: 90.0})
    after = np.linalg.norm(bent[near] - rest, axis=1)
    assert (after > 0.6 * before).all()
    assert 0.85 < after.mean() / before.mean() < 1.15


def test_weights_are_smooth_sums_of_one(hand: HandModel) -> None:
    """Catches torn skin: neighbours may not hang on different bones altogether."""
    np.testing.assert_allclose(hand.weights.sum(1), 1.0, atol=1e-5)
    assert (hand.weights >= 0).all()
    edges = np.concatenate([hand.faces[:, [0, 1]], hand.faces[:, [1, 2]]])
    jumps = np.abs(hand.weights[edges[:, 0]] - hand.weights[edges[:, 1]]).max(1)
    assert jumps.max() < 0.75


def test_tips_are_the_far_ends_of_their_fingers(hand: HandModel) -> None:
    """Catches tips in another order than thumb, index, middle, ring, pinky."""
    owners = hand.weights[hand.tip_vertices].argmax(1)
    assert owners.tolist() == [15, 3, 6, 12, 9]
    for vertex, joint in zip(hand.tip_vertices, owners, strict=True):
        own = np.flatnonzero(hand.weights[:, joint] > 0.9)
        far = np.linalg.norm(hand.v_template[own] - rest_joints(hand, np.zeros(10))[joint], axis=1)
        assert np.linalg.norm(hand.v_template[vertex] - rest_joints(hand, np.zeros(10))[joint]) > far.max() - 1e-3


def test_fist_and_relaxed_pose_do_not_hyperextend(hand: HandModel) -> None:
    """Catches a mean pose that bends fingers backwards."""
    relaxed = skin(hand, np.r_[np.zeros(3), hand.hands_mean][None], np.zeros(10), np.zeros((1, 3))).joints[0]
    flat = skin(hand, np.zeros((1, 48)), np.zeros(10), np.zeros((1, 3))).joints[0]
    assert (relaxed[[8, 12, 16, 20], 2] < flat[[8, 12, 16, 20], 2] - 0.02).all()


def test_thumb_opposes_the_index_finger(hand: HandModel) -> None:
    """Catches a thumb whose bending axis is a finger's: a pinch must be possible."""
    anatomy = hand_anatomy(hand)
    flexion, abduction = np.zeros(15), np.zeros(15)
    flexion[:3] = np.deg2rad([50.0, 45.0, 25.0])
    best = np.inf
    for bend in np.deg2rad([0.0, 15.0, 30.0, 45.0]):
        for aside in np.deg2rad([-30.0, -15.0, 0.0]):
            flexion[12:], abduction[12] = (bend, bend / 2, bend / 2), aside
            pose = np.r_[np.zeros(3), pose_from_angles(anatomy, flexion, abduction)]
            joints = skin(hand, pose[None], np.zeros(10), np.zeros((1, 3))).joints[0]
            best = min(best, float(np.linalg.norm(joints[4] - joints[8])))
    assert best < 0.02


def test_unknown_side_is_refused() -> None:
    """Catches a typing mistake that would give the right hand."""
    with pytest.raises(ValueError, match="'right' or 'left'"):
        free_hand("Left")
