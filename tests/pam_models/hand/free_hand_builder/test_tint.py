import numpy as np

from pam_models.hand.free_hand_builder.build import vertex_normals
from pam_models.hand.free_hand_builder.topology import build_topology
from pam_models.hand.model import HandModel


def test_factors_stay_in_range_and_nails_are_palest(hand: HandModel) -> None:
    """Catches factors above one, and nails on the pads."""
    assert hand.vertex_tint.min() > 0.4
    assert hand.vertex_tint.max() <= 1.0
    topology = build_topology()
    normals = vertex_normals(hand.v_template.astype(np.float64), hand.faces)
    for rings in topology.finger_rings:
        nail = rings[8][normals[rings[8], 2] > 0.8]
        assert (hand.vertex_tint[nail].mean(1) > 0.95).all()


def test_the_back_of_the_hand_is_darker_than_the_palm(hand: HandModel) -> None:
    """Catches an inverted normal."""
    normals = vertex_normals(hand.v_template.astype(np.float64), hand.faces)
    palm = (np.abs(hand.v_template[:, 0] - 0.06) < 0.02) & (np.abs(normals[:, 2]) > 0.8)
    dark = hand.vertex_tint[palm & (normals[:, 2] > 0)].mean()
    assert dark < hand.vertex_tint[palm & (normals[:, 2] < 0)].mean() - 0.03
