"""The search finds a grasp, says so when it cannot, and repeats itself."""

import dataclasses

import numpy as np
import pytest

from pam_models.hand.free_hand import free_hand
from pam_models.pose.physics.objects import make_object
from pam_models.pose.physics.search import SearchBudget, motions, sample_betas
from pam_models.pose.source import TrajectoryRejected

QUICK = SearchBudget(proposals=6, rounds=4, enough=1)


def test_motion_lifts_and_has_every_phase() -> None:
    """Catches a motion that does not carry the object up, and phases of another length than the frames."""
    motion = next(motions(free_hand("right"), np.zeros(10, np.float32), make_object("can", 1), 49, 1, QUICK))
    rise = motion.recording.object_T_world[:, 2, 3] - motion.recording.object_T_world[0, 2, 3]
    assert rise[-16:].min() > 0.1
    assert abs(rise[:15]).max() < 0.01
    assert motion.fps == pytest.approx(15.0)
    assert len(motion.phase) == 49


def test_too_heavy_is_rejected_with_a_reason() -> None:
    """Catches a motion being returned although nothing was lifted."""
    anvil = dataclasses.replace(make_object("can", 1), mass_kg=30.0)
    with pytest.raises(TrajectoryRejected, match=r"none of .* lifted can-"):
        next(motions(free_hand("right"), np.zeros(10, np.float32), anvil, 49, 1, SearchBudget(2, 1, 1)))


def test_one_frame_is_no_motion() -> None:
    """Catches a division by zero."""
    with pytest.raises(ValueError, match="at least 2 frames"):
        next(motions(free_hand("right"), np.zeros(10, np.float32), make_object("can", 1), 1, 1, QUICK))


def test_betas_are_cut_at_two_sigma() -> None:
    """Catches hands of impossible shape."""
    drawn = np.stack([sample_betas(seed, 0.5) for seed in range(200)])
    assert np.abs(drawn).max() <= 1.0
    assert 0.35 < drawn.std() < 0.55
