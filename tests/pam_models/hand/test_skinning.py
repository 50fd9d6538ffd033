import numpy as np
import pytest
from scipy.linalg import expm

from pam_models.hand.conventions import MANO21_TO_OP21
from pam_models.hand.file_layout import hand_from_arrays
from pam_models.hand.model import PARENTS, HandModel
from pam_models.hand.skinning import rest_joints, skin


def _published(
    hand: HandModel, pose: np.ndarray, betas: np.ndarray, transl: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The published equations in float64, one frame and one vertex loop at a time, rotations by matrix exponential."""
    d = np.float64
    shaped = hand.v_template.astype(d) + hand.shapedirs.astype(d) @ betas
    joints = hand.joint_regressor.astype(d) @ shaped
    turns = [expm(np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])) for x, y, z in pose.reshape(16, 3)]
    feature = np.concatenate([(turn - np.eye(3)).ravel() for turn in turns[1:]])
    posed = shaped + hand.posedirs.astype(d) @ feature
    world: list[np.ndarray] = []
    for j in range(16):
        local = np.eye(4)
        local[:3, :3] = turns[j]
        local[:3, 3] = joints[j] - (joints[PARENTS[j]] if j else 0)
        world.append(local if j == 0 else world[PARENTS[j]] @ local)
    rigid = []
    for j in range(16):
        back = np.eye(4)
        back[:3, 3] = -joints[j]
        rigid.append(world[j] @ back)
    blended = np.einsum("vj,jab->vab", hand.weights.astype(d), np.stack(rigid))
    vertices = np.einsum("vab,vb->va", blended, np.c_[posed, np.ones(len(posed))])[:, :3] + transl
    all21 = np.concatenate([np.stack([w[:3, 3] for w in world]) + transl, vertices[hand.tip_vertices]])
    return vertices, all21[MANO21_TO_OP21]


def _inputs(seed: int, frames: int = 6) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    pose, betas, transl = (
        rng.normal(0, 0.6, (frames, 48)),
        rng.normal(0, 1.5, (frames, 10)),
        rng.normal(0, 0.5, (frames, 3)),
    )
    pose[0], pose[1] = 0.0, 1e-5
    return tuple(x.astype(np.float32) for x in (pose, betas, transl))  # type: ignore[return-value]


@pytest.mark.parametrize("kind", ["free", "mano layout"])
def test_skin_follows_the_published_equations(hand: HandModel, mano_arrays: dict[str, np.ndarray], kind: str) -> None:
    """Catches any slip in blend shapes, feature order, kinematic tree, rest-pose subtraction or translation."""
    model = hand
    if kind != "free":
        tips = np.array([744, 320, 443, 554, 671])
        model = hand_from_arrays(mano_arrays, name="x", side="right", tip_set="t", license_tags=(), tip_vertices=tips)
    pose, betas, transl = _inputs(1)
    result = skin(model, pose, betas, transl)
    for frame in range(len(pose)):
        vertices, joints = _published(model, pose[frame].astype(float), betas[frame].astype(float), transl[frame])
        assert np.abs(result.vertices[frame] - vertices).max() < 1e-5
        assert np.abs(result.joints[frame] - joints).max() < 1e-5


def test_one_shape_serves_all_frames(hand: HandModel) -> None:
    """Catches a broadcast shape that differs from the same shape repeated."""
    pose, betas, transl = _inputs(2)
    one = skin(hand, pose, betas[0], transl)
    many = skin(hand, pose, np.repeat(betas[:1], len(pose), 0), transl)
    np.testing.assert_allclose(one.vertices, many.vertices, atol=2e-7)
    np.testing.assert_allclose(one.joints, many.joints, atol=2e-7)


def test_wrist_is_rest_wrist_plus_translation_whatever_the_rotation(hand: HandModel) -> None:
    """Catches the J0 mistake: turning the hand about the origin."""
    pose, betas, transl = _inputs(3)
    joints = skin(hand, pose, betas, transl).joints
    for frame in range(len(pose)):
        wrist = rest_joints(hand, betas[frame])[0]
        assert np.linalg.norm(wrist) > 0.005
        np.testing.assert_allclose(joints[frame, 0], wrist + transl[frame], atol=1e-6)


def test_mismatched_inputs_are_named(hand: HandModel) -> None:
    """Catches silent broadcasting of a wrong batch."""
    with pytest.raises(ValueError, match=r"betas \(3, 10\)"):
        skin(hand, np.zeros((2, 48)), np.zeros((3, 10)), np.zeros((2, 3)))
