import dataclasses

import numpy as np

from pam_models.hand.anatomy import hand_anatomy, pose_from_angles
from pam_models.hand.free_hand_builder.correctives import pose_blend_shapes
from pam_models.hand.model import HandModel
from pam_models.hand.skinning import rest_joints, skin


def test_correctives_are_local_and_vanish_at_rest(hand: HandModel) -> None:
    """Catches a joint that moves skin it does not hold; (R - I) is zero at rest by construction."""
    vertices = hand.v_template.astype(np.float64) * 1000
    shapes = pose_blend_shapes(vertices, hand.weights.astype(np.float64)).reshape(778, 3, 15, 9)
    reach = np.abs(shapes).max((1, 3))
    free = hand.weights[:, [5, 6]].sum(1) < 1e-4
    assert reach[free, 4].max() == 0.0
    assert reach[:, 4].max() > 0.5


def test_bent_knuckles_are_thicker_than_without_them(hand: HandModel) -> None:
    """Catches correctives of the wrong sign: they must give back what linear blending takes."""
    plain = dataclasses.replace(hand, posedirs=np.zeros_like(hand.posedirs))
    flexion = np.zeros(15)
    flexion[[1, 4, 7, 10]] = np.pi / 2
    pose = np.r_[np.zeros(3), pose_from_angles(hand_anatomy(hand), flexion)][None]
    rest = rest_joints(hand, np.zeros(10))
    lost = []
    for model in (hand, plain):
        bent = skin(model, pose, np.zeros(10), np.zeros((1, 3))).vertices[0]
        worst = 0.0
        for joint in (2, 5, 8, 11):
            near = np.argsort(np.linalg.norm(hand.v_template - rest[joint], axis=1))[:10]
            before = np.linalg.norm(hand.v_template[near] - rest[joint], axis=1)
            worst = max(worst, float((1 - np.linalg.norm(bent[near] - rest[joint], axis=1) / before).max()))
        lost.append(worst)
    assert lost[0] < 0.6 * lost[1]
