"""One measured number with everything that is needed to read it, or the reason why there is none."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Better = Literal["lower", "higher", "none"]


@dataclass(frozen=True)
class MetricSpec:
    """What a metric is. `protocol` says source, what is compared with what, and the limits, in one sentence or two."""

    name: str
    unit: str
    better: Better
    protocol: str


@dataclass(frozen=True)
class MetricResult:
    """A metric over `n` clips: a `value` with its 95 % interval (`low`, `high`), or the `reason` why there is none.

    The interval is missing where `n` is too small for one. Raises ValueError where both value and reason are given, or
    neither, or where the value is not finite.
    """

    spec: MetricSpec
    n: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    reason: str | None = None

    def __post_init__(self) -> None:
        """Keep the promise that there is a finite value or a reason."""
        if (self.value is None) == (self.reason is None):
            raise ValueError(f"metric {self.spec.name}: give a value or a reason, one of the two")
        if self.value is not None and not math.isfinite(self.value):
            raise ValueError(f"metric {self.spec.name}: {self.value} is no value; give the reason instead")


def unavailable(spec: MetricSpec, reason: str, n: int = 0) -> MetricResult:
    """A metric that cannot be computed, and why."""
    return MetricResult(spec, n, reason=reason)
