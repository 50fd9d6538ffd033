"""Hand shapes of a grasp: how the fingers stand while reaching, and what they close towards."""

from dataclasses import dataclass
from math import radians

import numpy as np
from jaxtyping import Float64

from pam_models.pose.physics.hand_body import HandBody
from pam_models.pose.physics.kinematics import touching_pinch

# Degrees at the hinges of one finger (spread, mcp, pip, dip) and of the thumb (oppose, cmc, mcp, ip).
_Degrees = dict[str, tuple[int, int, int, int]]
_RELAXED: _Degrees = {"finger": (0, 22, 28, 15), "thumb": (12, 0, 8, 10)}
_OPEN: dict[str, _Degrees] = {
    "power": {"finger": (3, 8, 14, 6), "thumb": (40, -20, -5, -5)},
    "pinch": {"finger": (1, 30, 22, 10), "thumb": (45, -18, 0, 0)},
    "span": {"finger": (2, 12, 15, 8), "thumb": (58, -24, -6, -8)},
}
_CLOSED: dict[str, _Degrees] = {
    "power": {"finger": (0, 72, 80, 45), "thumb": (48, 25, 35, 35)},
    "pinch": {"finger": (0, 55, 42, 20), "thumb": (36, 8, 16, 16)},
}
GRASP_TYPES = tuple(_OPEN)
# Pinching goes on past the touch of the pads, so that whatever is between them is squeezed.
SQUEEZE = 1.25


@dataclass(frozen=True)
class HandShape:
    """Hinge angles in radians at three moments: relaxed (at the start), open (before contact), closed (the goal of
    closing).
    """

    relaxed: Float64[np.ndarray, "20"]
    opened: Float64[np.ndarray, "20"]
    closed: Float64[np.ndarray, "20"]


class HandShapeSampler:
    """Draws hand shapes for one hand; where its thumb meets its fingers is worked out once."""

    def __init__(self, body: HandBody) -> None:
        self._body = body
        self._limits = np.array([(hinge.low, hinge.high) for hinge in body.hinges])
        self._touch = touching_pinch(body, self._angles(_CLOSED["pinch"], None, 0.0))

    def sample(self, kind: str, rng: np.random.Generator) -> HandShape:
        """Draw a hand shape of a grasp type in `GRASP_TYPES` with a person's variation in every finger."""
        opened = self._angles(_OPEN[kind], rng, sigma_deg=3.0)
        relaxed = self._angles(_RELAXED, rng, sigma_deg=4.0)
        if kind in ("pinch", "span"):
            touch = self._touch + rng.normal(0.0, radians(1.5), len(self._touch))
            closed = opened + SQUEEZE * (touch - opened)
        else:
            closed = self._angles(_CLOSED[kind], rng, sigma_deg=4.0)
        lag = rng.uniform(0.0, 8.0)
        for finger, share in (("ring", 0.5), ("pinky", 1.0)):
            relaxed[self._body.hinge_index(f"{finger}_mcp")] += radians(lag * share)
        return HandShape(
            *(np.clip(angles, self._limits[:, 0], self._limits[:, 1]) for angles in (relaxed, opened, closed))
        )

    def _angles(
        self, degrees: _Degrees, rng: np.random.Generator | None, sigma_deg: float
    ) -> Float64[np.ndarray, "20"]:
        fan = {"index": 1.0, "middle": 0.0, "ring": -0.8, "pinky": -1.8}
        values = []
        for hinge in self._body.hinges:
            finger, _, part = hinge.name.partition("_")
            if finger == "thumb":
                value = float(degrees["thumb"][("cmc_oppose", "cmc", "mcp", "ip").index(part)])
            else:
                row = ("mcp_spread", "mcp", "pip", "dip").index(part)
                value = degrees["finger"][row] * (fan[finger] if row == 0 else 1.0)
            noise = rng.normal(0.0, sigma_deg * (0.3 if part == "mcp_spread" else 1.0)) if rng is not None else 0.0
            values.append(value + noise)
        return np.radians(values)
