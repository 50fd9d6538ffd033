"""How strongly the text guides at each step."""

import math
from typing import Literal

GuidanceSchedule = Literal["constant", "dynamic", "pam"]
_EXPONENT = 5.0
_VOID_WITHIN = 1e-6


def guides(scale: float) -> bool:
    """Whether a guidance scale gives the unconditional half any weight; at 1 it has none and need not be computed."""
    return abs(scale - 1.0) > _VOID_WITHIN


def ever_guides(guidance: float, schedule: GuidanceSchedule) -> bool:
    """Whether any step of a schedule may need the unconditional half."""
    return guides(guidance if schedule == "constant" else 1.0 + guidance)


def guidance_scale_at(
    step: int, timestep: int, steps: int, guidance: float, schedule: GuidanceSchedule = "constant"
) -> float:
    """Return the scale of classifier-free guidance at `step` (0-based) of `steps`, whose timestep is `timestep`.

    "pam" is the official "dynamic" guidance, which puts the timestep (0..999) where the number of steps left is meant,
    so that the scale jumps about in [1, 1 + guidance] (pam-system.md section 3). "dynamic" is what it means to be: a
    cosine rise from 1 to 1 + guidance over the steps. Raises ValueError for another schedule.
    """
    if schedule == "constant":
        return guidance
    if schedule == "dynamic":
        progress = (step + 1) / steps
    elif schedule == "pam":
        progress = (steps - timestep) / steps
    else:
        raise ValueError(f"guidance schedule {schedule!r} is none of constant, dynamic, pam")
    return 1.0 + guidance * (1.0 - math.cos(math.pi * progress**_EXPONENT)) / 2.0
