"""Which way each joint of a hand bends, from its rest joints alone, so that it holds for the free hand and for MANO."""

from dataclasses import dataclass
from math import radians

import numpy as np
from jaxtyping import Float, Float64

FINGERS = ("index", "middle", "pinky", "ring", "thumb")
FIRST_JOINT = {"index": 1, "middle": 4, "pinky": 7, "ring": 10, "thumb": 13}
TIP_OP21 = {"thumb": 4, "index": 8, "middle": 12, "ring": 16, "pinky": 20}


@dataclass(frozen=True)
class Hinge:
    """One hinge of a MANO joint: rotates about `axis` (rest frame) by `low`..`high` radians; positive flexes or
    spreads to the thumb.
    """

    name: str
    joint: int
    axis: tuple[float, float, float]
    low: float
    high: float
    stiffness: float


@dataclass(frozen=True)
class PalmFrame:
    """Unit vectors of the flat hand in its rest frame: to the fingers, out of the palm's face, and to the thumb's
    side.
    """

    fingers: Float64[np.ndarray, "3"]
    palm: Float64[np.ndarray, "3"]
    thumbward: Float64[np.ndarray, "3"]


def palm_frame(rest: Float[np.ndarray, "16 3"], side: str) -> PalmFrame:
    """Derive the palm's frame from rest joints in MANO order."""
    wrist, index, middle, pinky = (rest[i].astype(np.float64) for i in (0, 1, 4, 7))
    back = np.cross(pinky - wrist, index - wrist) * (1.0 if side == "right" else -1.0)
    palm = -back / np.linalg.norm(back)
    fingers = middle - wrist
    fingers = fingers - palm * (fingers @ palm)
    fingers /= np.linalg.norm(fingers)
    thumbward = (index - pinky) - palm * ((index - pinky) @ palm)
    thumbward -= fingers * (thumbward @ fingers)
    return PalmFrame(fingers, palm, thumbward / np.linalg.norm(thumbward))


def hinges(rest: Float[np.ndarray, "16 3"], tips: Float[np.ndarray, "5 3"], side: str) -> list[Hinge]:
    """The 20 hinges of a hand, in the order of MANO's joints (proximal first, spread before flexion).

    `tips` are the rest fingertips in the order thumb, index, middle, ring, pinky. Limits are those of textbook hands
    (flexion MCP 90, PIP 105, DIP 75 degrees; spread +-15) with a little hyperextension.
    """
    frame = palm_frame(rest, side)
    found: list[Hinge] = []
    tip_row = {"thumb": 0, "index": 1, "middle": 2, "ring": 3, "pinky": 4}
    for finger in FINGERS:
        first = FIRST_JOINT[finger]
        chain = [*(rest[first + i].astype(np.float64) for i in range(3)), tips[tip_row[finger]].astype(np.float64)]
        if finger == "thumb":
            found.extend(_thumb(chain, first, frame))
            continue
        along = _unit(chain[3] - chain[0])
        flexion = _unit(np.cross(along, frame.palm))
        # Positive spread turns towards the thumb: the axis that takes `along` to `thumbward`.
        spread = _unit(np.cross(along, frame.thumbward))
        found.append(Hinge(f"{finger}_mcp_spread", first, _triple(spread), radians(-15), radians(15), 0.6))
        found.append(Hinge(f"{finger}_mcp", first, _triple(flexion), radians(-15), radians(90), 1.0))
        found.append(Hinge(f"{finger}_pip", first + 1, _triple(flexion), radians(-3), radians(105), 0.8))
        found.append(Hinge(f"{finger}_dip", first + 2, _triple(flexion), radians(-5), radians(75), 0.5))
    return found


def _thumb(chain: list[Float64[np.ndarray, "3"]], first: int, frame: PalmFrame) -> list[Hinge]:
    metacarpal, distal = _unit(chain[1] - chain[0]), _unit(chain[3] - chain[1])
    # The thumb bends in a plane between "towards the palm's face" and "across the palm".
    inward = _unit(0.55 * frame.palm - 0.85 * frame.thumbward)
    oppose = _unit(np.cross(metacarpal, frame.palm))
    bend_base, bend = _unit(np.cross(metacarpal, inward)), _unit(np.cross(distal, inward))
    return [
        Hinge("thumb_cmc_oppose", first, _triple(oppose), radians(-15), radians(60), 1.2),
        Hinge("thumb_cmc", first, _triple(bend_base), radians(-25), radians(35), 1.2),
        Hinge("thumb_mcp", first + 1, _triple(bend), radians(-10), radians(60), 1.0),
        Hinge("thumb_ip", first + 2, _triple(bend), radians(-15), radians(80), 0.8),
    ]


def _unit(vector: Float64[np.ndarray, "3"]) -> Float64[np.ndarray, "3"]:
    unit: Float64[np.ndarray, 3] = vector / np.linalg.norm(vector)
    return unit


def _triple(vector: Float64[np.ndarray, "3"]) -> tuple[float, float, float]:
    return (float(vector[0]), float(vector[1]), float(vector[2]))
