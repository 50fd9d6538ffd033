from itertools import pairwise

import numpy as np

from pam_models.hand.free_hand_builder.topology import build_topology, finger_base


def test_connectivity_alone_is_a_sphere_of_778_vertices() -> None:
    """Catches a gap at the thumb's hole, the webs or the cap, whatever the geometry."""
    topology = build_topology()
    edges = np.concatenate([topology.faces[:, [0, 1]], topology.faces[:, [1, 2]], topology.faces[:, [2, 0]]])
    unique, counts = np.unique(edges, axis=0, return_counts=True)
    assert counts.max() == 1
    assert {tuple(edge) for edge in unique} == {tuple(edge[::-1]) for edge in unique}
    assert (topology.count, len(topology.faces)) == (778, 1552)
    assert len(np.unique(topology.faces)) == 778
    assert topology.count - len(unique) // 2 + len(topology.faces) == 2


def test_neighbouring_fingers_share_exactly_their_web() -> None:
    """Catches fingers that share no web or grow into each other."""
    distal = build_topology().distal
    bases = [set(finger_base(distal, finger).tolist()) for finger in range(4)]
    assert [len(near & far) for near, far in pairwise(bases)] == [3, 3, 3]
    assert not bases[0] & bases[2]
