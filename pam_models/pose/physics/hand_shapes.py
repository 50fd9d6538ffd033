"""Hand shapes of a grasp: how the fingers stand while reaching, and what they close towards."""

from __future__ import annotations

from dataclasses import dataclass
from math import radians

import numpy as np
from jaxtyping import Float64

from pam_models.pose.physics.hand_body import HandBody

# Degrees at the hinges of one finger (spread, mcp, pip, dip) and of the thumb (oppose, cmc, mcp, ip).
_RELAXED = {"finger": (0, 22, 28, 15), "thumb": (12, 0, 8, 10)}
_OPEN = {"power": {"finger": (3, 8, 14, 6), "thumb": (40, -20, -5, -5)}, "pinch": {"finger": (1, 30, 22, 10), "thumb": (45, -18, 0, 0)}}
_CLOSED = {"power": {"finger": (0, 72, 80, 45), "thumb": (48, 25, 35, 35)}, "pinch": {"finger": (0, 72, 48, 25), "thumb": (52, 22, 28, 20)}}
GRASP_TYPES = tuple(_OPEN)


@dataclass(frozen=True)
class HandShape:
    """Hinge angles in radians at three moments: relaxed (at the start), open (before contact), closed (the goal of closing)."""

    relaxed: Float64[np.ndarray, "20"]
    opened: Float64[np.ndarray, "20"]
    closed: Float64[np.ndarray, "20"]


def sample_hand_shape(body: HandBody, kind: str, rng: np.random.Generator) -> HandShape:
    """Draw a hand shape of a grasp type in `GRASP_TYPES` with a person's variation in every finger."""
    pinky_lag = rng.uniform(0.0, 8.0)
    opened = _angles(body, _OPEN[kind], rng, sigma_deg=3.0)
    closed = _angles(body, _CLOSED[kind], rng, sigma_deg=4.0)
    relaxed = _angles(body, _RELAXED, rng, sigma_deg=4.0)
    for finger, share in (("ring", 0.5), ("pinky", 1.0)):
        relaxed[body.hinge_index(f"{finger}_mcp")] += radians(pinky_lag * share)
    limits = np.array([(hinge.low, hinge.high) for hinge in body.hinges])
    return HandShape(*(np.clip(angles, limits[:, 0], limits[:, 1]) for angles in (relaxed, opened, closed)))


def _angles(body: HandBody, degrees: dict[str, tuple[int, int, int, int]], rng: np.random.Generator, sigma_deg: float) -> Float64[np.ndarray, "20"]:
    fan = {"index": 1.0, "middle": 0.0, "ring": -0.8, "pinky": -1.8}
    values = []
    for hinge in body.hinges:
        finger, _, part = hinge.name.partition("_")
        if finger == "thumb":
            value = float(degrees["thumb"][("cmc_oppose", "cmc", "mcp", "ip").index(part)])
        else:
            row = ("mcp_spread", "mcp", "pip", "dip").index(part)
            value = degrees["finger"][row] * (fan[finger] if row == 0 else 1.0)
        values.append(value + rng.normal(0.0, sigma_deg * (0.3 if part == "mcp_spread" else 1.0)))
    return np.radians(values)
