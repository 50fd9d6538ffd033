"""What items cost in builds that were made, out of the timings beside their parts, where the same model worked."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from tasks.build import Build, build_ids
from tasks.ids import canonical_json
from tasks.steps import BY_NAME
from tasks.store import Store

READERS = 16
NEEDED = {"step", "items", "taken_over", "worker_s", "gpu_s"}


@dataclass(frozen=True)
class Measured:
    """Sums over finished shards of one step: items that were worked on, seconds of workers and GPUs, bytes written."""

    items: int = 0
    worker_s: float = 0.0
    gpu_s: float = 0.0
    bytes: int = 0

    def __add__(self, other: "Measured") -> "Measured":
        """Both together."""
        return Measured(
            self.items + other.items,
            self.worker_s + other.worker_s,
            self.gpu_s + other.gpu_s,
            self.bytes + other.bytes,
        )


@dataclass(frozen=True)
class MeasuredBuild:
    """What one build took so far, step by step, when it was last worked on, and what it was told."""

    build_id: str
    ended_s: float
    subset: Mapping[str, object]
    steps: Mapping[str, Measured]


def measured_builds(store: Store) -> list[MeasuredBuild]:
    """Every build of a store with timings, the oldest first. Sidecars that cannot be read count for nothing."""
    found = []
    for build_id in build_ids(store):
        steps: dict[str, Measured] = defaultdict(Measured)
        ended_s = 0.0
        for timing in _timings(store, build_id):
            steps[timing["step"]] += Measured(
                timing["items"] - timing["taken_over"], timing["worker_s"], timing["gpu_s"], timing.get("bytes", 0)
            )
            ended_s = max(ended_s, timing.get("ended_s", 0.0))
        subset = store.find(f"builds/{build_id}/output.json")
        if steps and subset is not None:
            found.append(MeasuredBuild(build_id, ended_s, json.loads(subset), dict(steps)))
    return sorted(found, key=lambda build: (build.ended_s, build.build_id))


def measured_costs(build: Build, builds: list[MeasuredBuild]) -> dict[str, Measured]:
    """Sums over those builds whose configuration of a step is that of `build`, for each step where there is one.

    Simulated builds measure nothing.
    """
    found: dict[str, Measured] = {}
    for name, step in BY_NAME.items():
        wanted = canonical_json(step.subset(build.subset))
        for other in builds:
            same = name in other.steps and "simulation" not in other.subset
            if same and other.steps[name].items and canonical_json(_subset(name, other)) == wanted:
                found[name] = found.get(name, Measured()) + other.steps[name]
    return found


def _subset(name: str, build: MeasuredBuild) -> object:
    try:
        return BY_NAME[name].subset(build.subset)
    except (KeyError, TypeError):
        # made by a version with other keys: not comparable
        return None


def _timings(store: Store, build_id: str) -> Iterator[dict[str, Any]]:
    keys = list(store.keys(f"builds/{build_id}/timings"))
    with ThreadPoolExecutor(READERS) as readers:
        for data in readers.map(store.read, keys):
            timing = _parsed(data)
            if timing.keys() >= NEEDED:
                yield timing


def _parsed(data: bytes) -> dict[str, Any]:
    try:
        timing = json.loads(data)
    except ValueError:
        return {}
    return timing if isinstance(timing, dict) else {}
