"""What ``pam plan`` prints of hours, bytes and money."""

from rich.console import Console
from rich.table import Column, Table

from tasks.estimate import Estimate, PastError, StepEstimate


def print_estimate(console: Console, estimate: Estimate, past: PastError | None) -> None:
    """What the items to do will take, on which figures that rests, and how far the same estimate was off last time."""
    numbers = (Column(name, justify="right") for name in ("items to do", "GPU-hours", "core-hours", "size"))
    table = Table("step", *numbers, "from", title="What is left will take", title_justify="left")
    for step in estimate.steps:
        if step.basis:
            table.add_row(*_row(step))
    totals = (_hours(estimate.gpu_hours), _hours(estimate.core_hours), spoken_bytes(estimate.bytes))
    table.add_section()
    table.add_row("together", "", *totals, "")
    console.print(table)
    if estimate.cost is not None:
        console.print(f"Cost at your prices: {estimate.cost:,.2f} (storage for one month)", highlight=False)
    if past is None:
        console.print(
            "No build with timings to compare with: figures marked 'table' are not measured here", style="dim"
        )
    else:
        was = f"{_hours(past.estimated_hours)} {past.unit} estimated, {_hours(past.measured_hours)} measured"
        console.print(f"Last build {past.build_id}: {was} ({past.percent:+.0f} %)", highlight=False)


def _row(step: StepEstimate) -> tuple[str, ...]:
    hours = (_hours(step.gpu_hours), _hours(step.core_hours))
    return step.step, str(step.items), *hours, spoken_bytes(step.bytes), step.basis


def _hours(hours: float) -> str:
    if hours == 0:
        return "0"
    return f"{hours:,.0f}" if hours >= 100 else f"{hours:.3g}"


def spoken_bytes(number: int) -> str:
    """``310 kB``, ``4.2 GB``: powers of a thousand, as disks are sold."""
    size = float(number)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if size >= 10 or unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:,.1f} TB"
