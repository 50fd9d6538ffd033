"""What a verification finds: one clear line for each thing that is wrong."""

from collections import Counter
from dataclasses import dataclass, field

FINDINGS_PER_KIND = 20


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: of what kind, where, and what exactly."""

    kind: str
    where: str
    what: str


@dataclass(frozen=True)
class Verdict:
    """What a verification looked at, and what it found."""

    parts: int
    rows: int
    media: int
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


@dataclass
class Findings:
    """Gathers findings; of one kind no more than a person reads."""

    found: list[Finding] = field(default_factory=list)
    _kinds: Counter[str] = field(default_factory=Counter)

    def find(self, kind: str, where: str, what: str) -> None:
        """Notes a finding."""
        self._kinds[kind] += 1
        if self._kinds[kind] <= FINDINGS_PER_KIND:
            self.found.append(Finding(kind, where, what))
