"""What a process has needed at most: main memory and GPU memory, as the process itself measures them."""

from __future__ import annotations

import resource
import sys
from dataclasses import dataclass
from pathlib import Path

KIB = 1024


@dataclass(frozen=True)
class Usage:
    """Peaks of a process since it began, in bytes. `gpu_bytes` is 0 where the process uses no GPU."""

    rss_bytes: int = 0
    gpu_bytes: int = 0


def usage_so_far() -> Usage:
    """Peak resident memory (as `getrusage` counts it) and the peak that torch reserved on all GPUs together.

    A worker serves one step, so in a pool its peaks are that step's; with the inline executor they are those of the
    whole process so far. Torch is asked only where something has loaded it already.
    """
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return Usage(peak if sys.platform == "darwin" else peak * KIB, _gpu_bytes())


def rss_now() -> int:
    """Resident memory of this process in bytes, now; its peak where the system does not tell (Linux tells)."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return usage_so_far().rss_bytes
    return pages * resource.getpagesize()


def _gpu_bytes() -> int:
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available() or not torch.cuda.is_initialized():
        return 0
    return sum(int(torch.cuda.max_memory_reserved(device)) for device in range(torch.cuda.device_count()))
