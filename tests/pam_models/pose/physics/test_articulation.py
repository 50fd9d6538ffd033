"""Hinges bend the right way, on both hands."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from pam_models.hand.free_hand import free_hand
from pam_models.pose.physics.articulation import palm_frame
from pam_models.pose.physics.hand_body import build_hand_body

BETAS = np.zeros(10, np.float32)


@pytest.mark.parametrize("side", ["right", "left"])
def test_palm_faces_down_and_thumb_side_is_mirrored(side: str) -> None:
    """Catches a palm frame that is turned inside out on one side (free hand: palm -z, fingers +x, right thumb +y)."""
    body = build_hand_body(free_hand(side), BETAS)
    frame = palm_frame(body.joints_m, side)
    assert frame.palm[2] < -0.95
    assert frame.fingers[0] > 0.95
    assert frame.thumbward[1] * (1 if side == "right" else -1) > 0.95


@pytest.mark.parametrize("side", ["right", "left"])
def test_positive_angles_flex_towards_the_palm(side: str) -> None:
    """Catches a flexion axis of the wrong sign: fingers would bend backwards."""
    body = build_hand_body(free_hand(side), BETAS)
    for row, finger in enumerate(("thumb", "index", "middle", "ring", "pinky")):
        for hinge in body.hinges:
            if not hinge.name.startswith(finger) or "spread" in hinge.name:
                continue
            arm = body.tips_m[row] - body.joints_m[hinge.joint]
            moved = Rotation.from_rotvec(np.asarray(hinge.axis) * 0.2).apply(arm) - arm
            if finger == "thumb" and "oppose" not in hinge.name:
                assert moved @ (0.55 * body.palm.palm - 0.85 * body.palm.thumbward) > 0
            else:
                assert moved @ body.palm.palm > 0, hinge.name


@pytest.mark.parametrize("side", ["right", "left"])
def test_spread_turns_to_the_thumb(side: str) -> None:
    """Catches a spread axis whose sign is not mirrored with the hand."""
    body = build_hand_body(free_hand(side), BETAS)
    spread = next(hinge for hinge in body.hinges if hinge.name == "index_mcp_spread")
    arm = body.tips_m[1] - body.joints_m[spread.joint]
    moved = Rotation.from_rotvec(np.asarray(spread.axis) * 0.2).apply(arm) - arm
    assert moved @ body.palm.thumbward > 0
