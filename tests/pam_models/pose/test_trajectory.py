"""The record's phases are those that the physics names."""

import numpy as np

from pam_models.pose.physics.motion_plan import CLIP_S, Timing
from pam_models.pose.trajectory import PHASES


def test_every_phase_is_declared_and_in_order() -> None:
    """Catches a phase name outside the table's vocabulary, and a schedule out of order."""
    met = [Timing().phase(float(t)) for t in np.linspace(0, CLIP_S, 49)]
    assert list(dict.fromkeys(met)) == list(PHASES)
