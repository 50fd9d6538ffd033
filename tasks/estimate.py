"""What a build would still take: GPU-hours, core-hours, bytes and money, from measured costs or the table of costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from tasks.build import Build
from tasks.config.execution import PricesConfig
from tasks.costs import table_cost
from tasks.measured import Measured, MeasuredBuild, measured_costs
from tasks.steps import BY_NAME, steps_of

HOUR_S = 3600.0
GB = 10**9

Basis = Literal["measured", "table", ""]


@dataclass(frozen=True)
class StepEstimate:
    """What the items to do of one step will take, and on which figures that rests."""

    step: str
    items: int
    gpu_hours: float
    core_hours: float
    bytes: int
    basis: Basis


@dataclass(frozen=True)
class Estimate:
    """A build's steps, and what they cost together at the user's prices; `cost` is None where no price was given."""

    steps: tuple[StepEstimate, ...]
    cost: float | None

    @property
    def gpu_hours(self) -> float:
        """GPU-hours of all steps."""
        return sum(step.gpu_hours for step in self.steps)

    @property
    def core_hours(self) -> float:
        """Core-hours of all steps."""
        return sum(step.core_hours for step in self.steps)

    @property
    def bytes(self) -> int:
        """Bytes that all steps write."""
        return sum(step.bytes for step in self.steps)


def estimate(
    build: Build, items: Mapping[str, int], measured: Mapping[str, Measured], prices: PricesConfig | None = None
) -> Estimate:
    """What so many items of each step will take. `measured` costs go before the table's."""
    steps = tuple(_step(build, step.name, items.get(step.name, 0), measured) for step in steps_of(build.config))
    return Estimate(steps, cost_of(steps, prices or build.config.execution.prices))


def cost_of(steps: Sequence[StepEstimate], prices: PricesConfig) -> float | None:
    """Money for hours and for a month of storage; None where every price is 0."""
    if not (prices.gpu_hour or prices.cpu_hour or prices.gb_month):
        return None
    return sum(
        step.gpu_hours * prices.gpu_hour + step.core_hours * prices.cpu_hour + step.bytes / GB * prices.gb_month
        for step in steps
    )


def _step(build: Build, name: str, items: int, measured: Mapping[str, Measured]) -> StepEstimate:
    if BY_NAME[name].reduce:
        return StepEstimate(name, 0, 0.0, 0.0, 0, "")
    cores = getattr(build.config.execution.stages, BY_NAME[name].resources or "pose").cpus
    found = measured.get(name)
    if found is not None:
        each = items / found.items / HOUR_S
        written = int(items / found.items * found.bytes)
        return StepEstimate(name, items, found.gpu_s * each, found.worker_s * each * cores, written, "measured")
    cost = table_cost(build.config, name)
    hours = items / HOUR_S
    return StepEstimate(
        name, items, cost.gpu_s * hours, cost.worker_s * hours * cores, cost.bytes * items, "table" if items else ""
    )


@dataclass(frozen=True)
class PastError:
    """How far the same estimate was off for the last build: for its items, from what was known before it."""

    build_id: str
    estimated_hours: float
    measured_hours: float
    unit: Literal["GPU-hours", "worker-hours"]

    @property
    def percent(self) -> float:
        """Error of the estimate in percent of what was measured."""
        return 100.0 * (self.estimated_hours / self.measured_hours - 1.0)


def error_on_last(build: Build, builds: Sequence[MeasuredBuild]) -> PastError | None:
    """The estimate for the last real build with the steps of `build`, made from those before it, against its timings.

    None where there is no such build. GPU-hours where it used GPUs, else workers' hours.
    """
    known = measured_costs(build, list(builds))
    real = [one for one in builds if measured_costs(build, [one]).keys() == known.keys() and known]
    if not real:
        return None
    last = real[-1]
    found = measured_costs(build, [last])
    before = measured_costs(build, [one for one in builds if one is not last])
    guessed = [_worked(build, name, done.items, before) for name, done in found.items()]
    gpu_s = sum(done.gpu_s for done in found.values())
    if gpu_s:
        return PastError(last.build_id, sum(g[0] for g in guessed) / HOUR_S, gpu_s / HOUR_S, "GPU-hours")
    worker_s = sum(done.worker_s for done in found.values())
    return PastError(last.build_id, sum(g[1] for g in guessed) / HOUR_S, worker_s / HOUR_S, "worker-hours")


def _worked(build: Build, name: str, items: int, measured: Mapping[str, Measured]) -> tuple[float, float]:
    """GPU-seconds and worker-seconds of so many items of a step."""
    found = measured.get(name)
    if found is not None:
        return items * found.gpu_s / found.items, items * found.worker_s / found.items
    cost = table_cost(build.config, name)
    return items * cost.gpu_s, items * cost.worker_s
