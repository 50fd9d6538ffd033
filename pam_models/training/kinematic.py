"""Scenes without physics: a hand that moves smoothly between random poses near an object.

They widen what the autoencoder and the estimator see (poses that a grasp never takes), and they are named `kinematic`
wherever data is listed: nothing in them is a grasp.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from pam_models.hand.conventions import axis_angle_to_matrix
from pam_models.hand.model import HandModel
from pam_models.hand.skinning import rest_joints, skin
from pam_models.pose.physics.objects import OBJECT_WORDS, make_object
from pam_models.training.scenes import Scene, stable_seed

_FINGERS = ("index", "middle", "pinky", "ring", "thumb")
_TOWARDS_PALM = np.array([0.0, 0.0, -1.0])


def kinematic_scene(index: int, seed: int, hand: HandModel, frames: int) -> Scene:
    """Scene number `index` of a seed: the same numbers give the same scene."""
    rng = np.random.default_rng(stable_seed("kinematic", seed, index))
    betas = rng.normal(0.0, 0.7, 10).astype(np.float32)
    pose = _between(_key_poses(rng, hand, betas, keys=4), frames)
    wrist = _between(rng.normal(0.0, 0.05, (4, 3)) + np.array([0.0, 0.0, rng.uniform(0.1, 0.25)]), frames)
    transl = (wrist - rest_joints(hand, betas)[0]).astype(np.float32)
    geometry = skin(hand, pose.astype(np.float32), betas, transl)
    thing = make_object(OBJECT_WORDS[int(rng.integers(len(OBJECT_WORDS)))], int(rng.integers(2**31)))
    table = float(min(geometry.vertices[..., 2].min(), 0.0) - rng.uniform(0.0, 0.03))
    placed = _object_poses(rng, pose[:, :3], geometry.joints, thing.rest_height_m + table)
    low = (thing.mesh.vertices_m @ placed[:, :3, :3].transpose(0, 2, 1) + placed[:, None, :3, 3])[..., 2].min()
    return Scene(
        key=f"kinematic-{seed}-{index:05d}",
        source="kinematic",
        side=hand.side,
        word=thing.mesh.word,
        class_id=thing.mesh.class_id,
        hand_vertices=geometry.vertices,
        joints=geometry.joints,
        object_vertices=thing.mesh.vertices_m,
        object_faces=thing.mesh.faces,
        object_T_world=placed.astype(np.float32),
        table_height_m=min(table, float(low)),
        license_tags=tuple(sorted({*hand.license_tags, *thing.mesh.license_tags})),
    )


def random_hand_pose(
    rng: np.random.Generator, flexion_axes: Float[np.ndarray, "5 3"], sideways: Float[np.ndarray, 3]
) -> Float[np.ndarray, " 45"]:
    """Finger rotations (axis-angle, zero = flat hand) that bend the way fingers bend.

    A common closing of the hand plus each finger's own; the last two joints of a finger bend together.
    """
    pose = np.zeros((15, 3))
    closing = rng.uniform(0.0, 1.0)
    for finger, name in enumerate(_FINGERS):
        own = np.clip(closing + rng.normal(0.0, 0.3), -0.1, 1.15)
        if name == "thumb":
            bend = np.array([0.5 * own, 0.6 * own, 0.7 * own]) + rng.normal(0.0, 0.12, 3)
            pose[finger * 3] += rng.normal(0.0, 0.15, 3)
        else:
            bend = np.array([1.2 * own, 1.5 * own, 0.9 * own]) * rng.uniform(0.75, 1.1) + rng.normal(0.0, 0.06, 3)
            pose[finger * 3] += sideways * rng.normal(0.0, 0.12)
        pose[finger * 3 : finger * 3 + 3] += bend[:, None] * flexion_axes[finger]
    return pose.reshape(45)


def flexion_axes(hand: HandModel, betas: Float[np.ndarray, 10]) -> Float[np.ndarray, "5 3"]:
    """The axis about which each finger bends towards the palm, in the rest pose; the thumb bends across the palm
    too.
    """
    joints = rest_joints(hand, betas).astype(np.float64)
    knuckles = joints[[1, 4, 7, 10]].mean(axis=0)
    axes = []
    for finger, name in enumerate(_FINGERS):
        along = joints[finger * 3 + 3] - joints[finger * 3 + 1]
        across = knuckles - joints[13]
        towards = _TOWARDS_PALM if name != "thumb" else 0.6 * _TOWARDS_PALM + across / np.linalg.norm(across)
        axis = np.cross(along, towards)
        axes.append(axis / np.linalg.norm(axis))
    return np.array(axes)


def _key_poses(rng: np.random.Generator, hand: HandModel, betas: np.ndarray, keys: int) -> np.ndarray:
    """(keys, 48): a random turn of the whole hand that drifts, and fingers that open and close."""
    axes = flexion_axes(hand, betas)
    turn = rng.normal(0.0, 1.0, 3)
    turn *= rng.uniform(0.0, np.pi) / np.linalg.norm(turn)
    sideways = np.array([0.0, 0.0, 1.0])
    return np.array(
        [np.concatenate([turn + rng.normal(0.0, 0.15, 3), random_hand_pose(rng, axes, sideways)]) for _ in range(keys)]
    )


def _between(keys: np.ndarray, frames: int) -> np.ndarray:
    """Smooth interpolation (cosine ease) through equally spaced key rows to `frames` rows."""
    place = np.linspace(0.0, len(keys) - 1.0, frames) if frames > 1 else np.zeros(1)
    low = np.minimum(place.astype(int), len(keys) - 2)
    share = (1 - np.cos(np.pi * (place - low))) / 2
    return np.asarray(keys[low] * (1 - share[:, None]) + keys[low + 1] * share[:, None])


def _object_poses(rng: np.random.Generator, turns: np.ndarray, joints: np.ndarray, rest_z: float) -> np.ndarray:
    """(T, 4, 4): half the objects stand on the table near the hand, half move with the palm."""
    poses = np.tile(np.eye(4), (len(joints), 1, 1))
    angle = rng.uniform(-np.pi, np.pi)
    upright = np.array([[np.cos(angle), -np.sin(angle), 0.0], [np.sin(angle), np.cos(angle), 0.0], [0.0, 0.0, 1.0]])
    if rng.random() < 0.5:
        poses[:, :3, :3] = upright
        poses[:, :2, 3] = joints[0, 9, :2] + rng.normal(0.0, 0.08, 2)
        poses[:, 2, 3] = rest_z
        return poses
    rotations = axis_angle_to_matrix(turns.astype(np.float32)).astype(np.float64)
    middle = joints[:, [5, 9, 13, 17]].mean(axis=1)
    poses[:, :3, :3] = rotations @ upright
    poses[:, :3, 3] = middle + rotations @ np.array(
        [rng.uniform(-0.02, 0.03), rng.normal(0.0, 0.01), -rng.uniform(0.04, 0.07)]
    )
    return poses
