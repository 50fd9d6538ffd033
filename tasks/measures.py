"""What a build's driver tells Prometheus of finished shards: bytes written, and how good what is kept is."""

from functools import cache

import numpy as np
import ray
from jaxtyping import Float
from ray.util.metrics import Counter

from tasks.executor.metrics import TAGS


def tell_written(build: str, step: str, size_bytes: int) -> None:
    """Takes in that a shard's part and the media that its rows name were written; nothing without Ray."""
    if size_bytes and ray.is_initialized():
        _counter("pam_written_bytes_total", "Bytes of parts and of the media that their rows name").inc(
            size_bytes, {"step": step, "build": build}
        )


def tell_kept(build: str, step: str, mpjpe_mm: Float[np.ndarray, " N"]) -> None:
    """Takes in the errors (N,) in mm of what a cut kept, NaN where no hand was found; nothing without Ray.

    Their mean over any time is the one series' increase divided by the other's.
    """
    seen = mpjpe_mm[~np.isnan(mpjpe_mm)]
    if len(seen) and ray.is_initialized():
        where = {"step": step, "build": build}
        _counter("pam_kept_items_total", "Items kept by a cut in which a hand was found").inc(len(seen), where)
        _counter("pam_kept_mpjpe_mm_total", "Sum of the MPJPE of those items in mm").inc(float(seen.sum()), where)


@cache
def _counter(name: str, description: str) -> Counter:
    return Counter(name, description, TAGS)
