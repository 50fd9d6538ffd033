import numpy as np

from pam_models.hand.free_hand_builder.surface import signed_distance
from pam_models.hand.free_hand_builder.topology import build_topology
from pam_models.hand.model import HandModel


def test_vertices_lie_on_the_skin(hand: HandModel) -> None:
    """Catches a vertex left behind in the air or in the flesh (the stump's flat cap is inside its rounded rim)."""
    topology = build_topology()
    distance = np.abs(signed_distance(hand.v_template.astype(np.float64) * 1000))
    distance[np.r_[topology.cap_ring, topology.cap_centre]] = 0.0
    assert distance.max() < 0.1


def test_no_slivers_and_no_folds(hand: HandModel) -> None:
    """Catches folded webs: no face is tiny, and only the webs and the stump's rim bend sharply."""
    corners = hand.v_template[hand.faces].astype(np.float64) * 1000
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = np.linalg.norm(across, axis=1) / 2
    assert area.min() > 1.0
    normals = across / (2 * area[:, None])
    owner = {}
    for face, (a, b, c) in enumerate(hand.faces):
        owner.update({(a, b): face, (b, c): face, (c, a): face})
    cosines = np.array([normals[face] @ normals[owner[b, a]] for (a, b), face in owner.items()])
    assert cosines.min() > np.cos(np.deg2rad(120))
    assert (cosines < np.cos(np.deg2rad(75))).mean() < 0.01


def test_finger_rings_stand_at_the_joints(hand: HandModel) -> None:
    """Catches rings out of order along a finger, which would fold it."""
    topology = build_topology()
    for rings in topology.finger_rings:
        centres = hand.v_template[rings].mean(1)
        along = centres @ (centres[-1] - centres[0])
        assert (np.diff(along) > 0).all()
