"""Outcomes as they come in, in any order, and the progress that is reported of them."""

from collections.abc import Iterable

from tasks.stage import OnProgress, Outcome, Progress


class Collector:
    """Gathers outcomes by place and reports progress after each addition."""

    def __init__(self, total: int, on_progress: OnProgress | None) -> None:
        self.total = total
        self.failed = 0
        self._found: dict[int, Outcome] = {}
        self._on_progress = on_progress

    def add(self, outcomes: Iterable[tuple[int, Outcome]]) -> None:
        """Takes outcomes with their places."""
        before = len(self._found)
        for position, outcome in outcomes:
            self._found[position] = outcome
            self.failed += outcome.failed or any(row.get("status") == "failed" for row in outcome.rows)
        if self._on_progress is not None and len(self._found) > before:
            self._on_progress(Progress(len(self._found), self.total, self.failed))

    @property
    def missing(self) -> int:
        """Number of items without an outcome."""
        return self.total - len(self._found)

    def ordered(self) -> list[Outcome]:
        """Every outcome in the order of the items."""
        return [self._found[position] for position in range(self.total)]
