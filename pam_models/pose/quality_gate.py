"""Which trajectories are kept: limits on the quality columns, and reasons that name column, value and limit."""

from dataclasses import dataclass, fields

from pam_models.pose.trajectory_quality import LIFTED_M, TrajectoryQuality


@dataclass(frozen=True)
class QualityGate:
    """Limits of what is kept, each named after its column; None (or False) switches one off."""

    lifted: bool = False
    held_s_at_least: float | None = None
    slip_mm_at_most: float | None = None
    penetration_mm_max_at_most: float | None = None
    penetration_cm3_max_at_most: float | None = None
    contact_ratio_at_least: float | None = None
    self_penetration_mm_max_at_most: float | None = None
    joint_limit_deg_max_at_most: float | None = None
    jerk_m_s3_at_most: float | None = None
    visible_fraction_at_least: float | None = None

    def reasons(self, quality: TrajectoryQuality) -> tuple[str, ...]:
        """Say what is wrong, one clause each; empty when the trajectory passes. A value of nan passes no limit."""
        found = []
        if self.lifted and not quality.lifted:
            found.append(
                f"lifted is false: lift_height_m is {quality.lift_height_m:.3f}, over {LIFTED_M} in hand is asked"
            )
        for limit in fields(self):
            bound = getattr(self, limit.name)
            column, _, side = limit.name.rpartition("_at_")
            if not side or not column or bound is None:
                continue
            value = getattr(quality, column)
            # Written so that nan is outside; sums of frame times may miss a whole second by a rounding error.
            inside = value >= bound - 1e-6 if side == "least" else value <= bound
            if not inside:
                found.append(f"{column} is {value:.3g}, at {side} {bound:g} is allowed")
        return tuple(found)


KEEP_ALL = QualityGate()
SIMULATED = QualityGate(
    lifted=True,
    held_s_at_least=1.0,
    slip_mm_at_most=6.0,
    penetration_mm_max_at_most=8.0,
    penetration_cm3_max_at_most=2.0,
    contact_ratio_at_least=0.8,
    self_penetration_mm_max_at_most=8.0,
    joint_limit_deg_max_at_most=10.0,
    visible_fraction_at_least=0.9,
)
