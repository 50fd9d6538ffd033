"""Hours, bytes and money on a screen. Each test names the defect that it catches."""

import io

from rich.console import Console

from flows.estimate_screen import print_estimate, spoken_bytes
from tasks.estimate import Estimate, PastError, StepEstimate

STEPS = (
    StepEstimate("pose", 0, 0.0, 0.0, 0, ""),
    StepEstimate("appearance", 30, 12.5, 1.0, 9_300_000, "table"),
    StepEstimate("video", 2, 250.0, 3.0, 12_000, "measured"),
)


def _printed(estimate: Estimate, past: PastError | None) -> str:
    console = Console(file=io.StringIO(), width=120)
    print_estimate(console, estimate, past)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_what_is_left_is_added_up_and_says_what_it_rests_on() -> None:
    """Catches a total without its parts, a guess that looks measured, and steps without work."""
    printed = _printed(Estimate(STEPS, 1234.5), PastError("b7", 90.0, 100.0, "GPU-hours"))
    assert "pose" not in printed and "measured" in printed and "table" in printed
    together = next(line for line in printed.splitlines() if "together" in line)
    assert "262" in together and "9.3 MB" in together
    assert "Cost at your prices: 1,234.50" in printed
    assert "Last build b7: 90 GPU-hours estimated, 100 measured (-10 %)" in printed


def test_without_prices_or_builds_nothing_is_made_up() -> None:
    """Catches a cost of zero, and an error of zero."""
    printed = _printed(Estimate(STEPS, None), None)
    assert "Cost" not in printed and "not measured here" in printed


def test_bytes_are_spoken_in_powers_of_a_thousand() -> None:
    """Catches a terabyte called gigabytes."""
    assert [spoken_bytes(n) for n in (0, 999, 1500, 310_000, 4.2e9, 3.1e13)] == [
        "0 B",
        "999 B",
        "1.5 kB",
        "310 kB",
        "4.2 GB",
        "31.0 TB",
    ]
