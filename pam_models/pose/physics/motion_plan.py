"""From a grasp to control signals: the wrist's path and the fingers' goals over the clip, all minimum-jerk."""

from dataclasses import dataclass
from math import radians

import numpy as np
from jaxtyping import Float64
from scipy.spatial.transform import Rotation, Slerp

from pam_models.pose.physics.proposals import Grasp

CLIP_S = 3.2


@dataclass(frozen=True)
class Timing:
    """Moments of the clip in seconds."""

    preshape_s: float = 0.55
    close_s: float = 1.15
    squeeze_s: float = 1.6
    lift_s: float = 1.55
    hold_s: float = 2.35
    move_s: float = 2.5

    def phase(self, time_s: float) -> str:
        """Name of the phase at a time."""
        for name, end in (
            ("reach", self.preshape_s),
            ("preshape", self.close_s),
            ("close", self.lift_s),
            ("lift", self.hold_s),
            ("hold", self.move_s),
        ):
            if time_s < end:
                return name
        return "move"


@dataclass(frozen=True)
class MotionPlan:
    """What the wrist and the fingers are told at every step."""

    wrist_m: Float64[np.ndarray, "S 3"]
    wrist_quat: Float64[np.ndarray, "S 4"]
    hinges: Float64[np.ndarray, "S 20"]


def plan_motion(
    grasp: Grasp, timing: Timing, times_s: Float64[np.ndarray, " S"], rng: np.random.Generator
) -> MotionPlan:
    """Reach along a curve that arrives in the approach direction, close, lift, hold, and carry a little aside."""
    distance = rng.uniform(0.075, 0.11)
    sideways = rng.normal(0.0, 1.0, 3)
    sideways -= grasp.approach * (sideways @ grasp.approach)
    start = (
        grasp.wrist_m
        - grasp.approach * distance
        + 0.025 * sideways / np.linalg.norm(sideways)
        + np.array([0.0, 0.0, rng.uniform(0.0, 0.025)])
    )
    start[2] = max(start[2], grasp.wrist_m[2] - 0.02, 0.07)
    control = grasp.wrist_m - grasp.approach * 0.55 * distance
    s = minimum_jerk(times_s, 0.0, timing.close_s)[:, None]
    reach = (1 - s) ** 2 * start + 2 * s * (1 - s) * control + s**2 * grasp.wrist_m
    lift = np.array([rng.normal(0.0, 0.01), rng.normal(0.0, 0.01), rng.uniform(0.12, 0.132)])
    aside = np.array([*rng.normal(0.0, 0.035, 2), rng.uniform(-0.015, 0.02)])
    up = minimum_jerk(times_s, timing.lift_s, timing.hold_s)[:, None]
    away = minimum_jerk(times_s, timing.move_s, CLIP_S + 0.2)[:, None]
    turn_axis = rng.normal(0.0, 1.0, 3)
    turn = Rotation.from_rotvec(turn_axis / np.linalg.norm(turn_axis) * radians(rng.uniform(15, 35)))
    final = Rotation.from_matrix(grasp.rotation)
    swing = Rotation.from_rotvec([*(radians(8) * rng.normal(0.0, 1.0, 2)), radians(20) * rng.normal(0.0, 1.0)])
    slerp = Slerp([0.0, 1.0], Rotation.concatenate([turn * final, final]))
    carry = Slerp([0.0, 1.0], Rotation.concatenate([Rotation.identity(), swing]))
    rotation = carry(away[:, 0]) * slerp(s[:, 0])
    shape = grasp.shape
    opening = minimum_jerk(times_s, 0.0, timing.close_s - 0.1)[:, None]
    closing = minimum_jerk(times_s, timing.close_s - 0.05, timing.squeeze_s)[:, None]
    hinges = shape.relaxed + opening * (shape.opened - shape.relaxed) + closing * (shape.closed - shape.opened)
    return MotionPlan(reach + up * lift + away * aside, rotation.as_quat(scalar_first=True), hinges)


def minimum_jerk(times_s: Float64[np.ndarray, " S"], start_s: float, end_s: float) -> Float64[np.ndarray, " S"]:
    """The 0-to-1 profile of least jerk (Flash and Hogan 1985)."""
    u = np.clip((times_s - start_s) / (end_s - start_s), 0.0, 1.0)
    profile: Float64[np.ndarray, " S"] = u**3 * (10 - 15 * u + 6 * u**2)
    return profile
