"""Impossible poses made on purpose."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from pam_models.hand.free_hand import free_hand
from pam_models.pose.hand_quality import hand_quality
from pam_models.pose.physics.hand_body import build_hand_body

NO_BETAS = np.zeros(10, np.float32)


def posed(side: str, **degrees: float) -> np.ndarray:
    """One frame with hinges at given angles."""
    body = build_hand_body(free_hand(side), NO_BETAS)
    turns = [Rotation.identity() for _ in range(16)]
    for hinge in body.hinges:
        turns[hinge.joint] = turns[hinge.joint] * Rotation.from_rotvec(
            np.radians(degrees.get(hinge.name, 0.0)) * np.asarray(hinge.axis)
        )
    return np.concatenate([turn.as_rotvec() for turn in turns])[None].astype(np.float32)


@pytest.mark.parametrize("side", ["right", "left"])
def test_a_joint_beyond_its_limit_counts_by_how_much(side: str) -> None:
    """Catches limits in the wrong unit or of the wrong side, and spread and flexion that are not told apart."""
    within = posed(side, index_mcp=80, index_mcp_spread=12, middle_pip=100, thumb_cmc_oppose=50, thumb_cmc=-20)
    assert hand_quality(free_hand(side), within, NO_BETAS)[1] == pytest.approx(0.0, abs=0.05)
    assert hand_quality(free_hand(side), posed(side, ring_pip=-33), NO_BETAS)[1] == pytest.approx(30.0, abs=0.1)
    assert hand_quality(free_hand(side), posed(side, index_mcp=110), NO_BETAS)[1] == pytest.approx(20.0, abs=0.1)


def test_a_twisted_bone_is_a_violation() -> None:
    """Catches rotations about an axis that no hinge has being ignored."""
    pose = np.zeros((1, 48), np.float32)
    pose[0, 3 * 2 : 3 * 3] = np.radians(25) * np.array([1.0, 0.0, 0.0])
    assert hand_quality(free_hand("right"), pose, NO_BETAS)[1] > 20.0


def test_fingers_in_each_other_are_found() -> None:
    """Catches self-penetration that is not seen, and neighbouring fingers that touch being taken for it."""
    hand = free_hand("right")
    crossing = posed("right", index_mcp_spread=-15, middle_mcp_spread=15)
    assert hand_quality(hand, crossing, NO_BETAS)[0] > 3.0
    closed = posed("right", **{f"{finger}_mcp": 40.0 for finger in ("index", "middle", "ring", "pinky")})
    assert hand_quality(hand, closed, NO_BETAS)[0] < 1.5
    fist = posed("right", thumb_cmc_oppose=60, index_mcp=90, index_pip=105, index_dip=75)
    assert hand_quality(hand, fist, NO_BETAS)[0] > 1.0
