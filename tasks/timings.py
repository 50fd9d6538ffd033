"""What a shard took, beside its part: time, and the workers' peak memory. It differs from run to run, parts do not."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

from tasks.build import Build
from tasks.stage import Outcome
from tasks.usage import usage_so_far


def write_timings(
    build: Build,
    step: str,
    shard_id: str,
    *,
    items: int,
    wall_s: float,
    outcomes: Sequence[Outcome] | None = None,
    gpus: float = 0.0,
    taken_over: int = 0,
    size_bytes: int = 0,
) -> None:
    """Writes a shard's sidecar: seconds, GPU-seconds of the models' own work, the highest peaks of the workers, the
    length of its part with the media that its rows name, and when it ended.

    A reduce step has no `outcomes`: its work and its memory are those of this process.
    """
    worked_s = wall_s if outcomes is None else sum(outcome.seconds for outcome in outcomes)
    computed_s = sum(outcome.compute_s for outcome in outcomes or ())
    usages = [usage_so_far()] if outcomes is None else [outcome.usage for outcome in outcomes]
    timings = {
        "step": step,
        "shard_id": shard_id,
        "items": items,
        "taken_over": taken_over,
        "wall_s": round(wall_s, 4),
        "worker_s": round(worked_s, 4),
        "gpu_s": round(computed_s * gpus, 4),
        "bytes": size_bytes,
        "ended_s": round(time.time(), 6),
        "peak_rss_bytes": max((usage.rss_bytes for usage in usages), default=0),
        "peak_gpu_bytes": max((usage.gpu_bytes for usage in usages), default=0),
    }
    build.store.replace(build.timings_key(step, shard_id), json.dumps(timings, sort_keys=True).encode())
