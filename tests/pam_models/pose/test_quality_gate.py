"""Limits of the gate and what it says."""

import dataclasses

import pytest

from pam_models.pose.quality_gate import KEEP_ALL, SIMULATED, QualityGate
from pam_models.pose.trajectory_quality import TrajectoryQuality

GOOD = TrajectoryQuality(
    lifted=True,
    lift_height_m=0.15,
    held_s=1.2,
    slip_mm=0.1,
    penetration_mm_max=1.0,
    penetration_mm_mean=0.5,
    penetration_cm3_max=0.1,
    contact_ratio=1.0,
    self_penetration_mm_max=0.2,
    joint_limit_deg_max=0.4,
    jerk_m_s3=3.0,
    visible_fraction=1.0,
)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"lifted": False}, "lifted is false: lift_height_m is 0.150, over 0.1 in hand is asked"),
        ({"slip_mm": 30.0}, "slip_mm is 30, at most 6 is allowed"),
        ({"penetration_mm_max": 30.0}, "penetration_mm_max is 30, at most 8 is allowed"),
        ({"penetration_cm3_max": 9.0}, "penetration_cm3_max is 9, at most 2 is allowed"),
        ({"contact_ratio": 0.1}, "contact_ratio is 0.1, at least 0.8 is allowed"),
        ({"held_s": 0.3}, "held_s is 0.3, at least 1 is allowed"),
        ({"self_penetration_mm_max": 12.0}, "self_penetration_mm_max is 12, at most 8 is allowed"),
        ({"joint_limit_deg_max": 40.0}, "joint_limit_deg_max is 40, at most 10 is allowed"),
        ({"visible_fraction": 0.2}, "visible_fraction is 0.2, at least 0.9 is allowed"),
        ({"slip_mm": float("nan")}, "slip_mm is nan, at most 6 is allowed"),
    ],
)
def test_each_limit_names_column_value_and_limit(changes: dict[str, float], reason: str) -> None:
    """Catches a limit that is not applied, also for nan, and a reason that leaves out one of the three."""
    assert SIMULATED.reasons(GOOD) == ()
    assert SIMULATED.reasons(dataclasses.replace(GOOD, **changes)) == (reason,)


def test_every_limit_is_of_a_column() -> None:
    """Catches a limit whose name is no column, which would fail only when somebody sets it."""
    columns = {field.name for field in dataclasses.fields(TrajectoryQuality)}
    limited = {field.name.partition("_at_")[0] for field in dataclasses.fields(QualityGate)}
    assert limited <= columns
    strict = QualityGate(**{field.name: 1e-9 for field in dataclasses.fields(QualityGate) if "_at_most" in field.name})
    assert len(strict.reasons(GOOD)) == 6


def test_a_gate_without_limits_keeps_everything() -> None:
    """Catches recordings that are dropped although nobody asked for it."""
    assert KEEP_ALL.reasons(dataclasses.replace(GOOD, lifted=False, contact_ratio=float("nan"))) == ()
