"""The evaluations of a build that the page shows: what `pam evaluate` wrote beside its parts."""

from __future__ import annotations

import json

from tasks.build import Build
from tasks.report.data import EvaluationShown

MOST_SHOWN = 6
SHOWN = ("metric", "unit", "better", "value", "low", "high", "n", "reason", "protocol")


def load_evaluations(build: Build) -> tuple[EvaluationShown, ...]:
    """The first few finished evaluations, by name; one whose results are damaged is left out."""
    found: list[EvaluationShown] = []
    for key in build.store.keys(build.key("evaluations")):
        if key.endswith("/results.json") and len(found) < MOST_SHOWN:
            try:
                plain = json.loads(build.store.read(key))
                metrics = tuple({name: row[name] for name in SHOWN} for row in plain["metrics"])
                reference = plain["settings"]["reference"]
                found.append(EvaluationShown(plain["name"], reference, plain["clips"], plain["failed"], metrics))
            except (ValueError, KeyError, TypeError):
                continue
    return tuple(found)
