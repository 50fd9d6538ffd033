"""Whether a model fits into memory, before it is loaded."""

from pathlib import Path

import torch

from pam_models.zoo.registry import WeightsError

_GIB = 2**30
_MEMINFO = Path("/proc/meminfo")


def free_bytes(device: torch.device | str = "cpu") -> int | None:
    """Return the free memory of a GPU, or what the host has available; None where that cannot be told."""
    place = torch.device(device)
    if place.type == "cuda":
        free, _ = torch.cuda.mem_get_info(place)
        return int(free)
    if not _MEMINFO.is_file():
        return None
    fields = dict(line.split(":", 1) for line in _MEMINFO.read_text().splitlines() if ":" in line)
    return int(fields["MemAvailable"].split()[0]) * 1024 if "MemAvailable" in fields else None


def check_room(needed: int, what: str, device: torch.device | str = "cpu") -> None:
    """Raise WeightsError in one line where `needed` bytes are more than `device` has free."""
    free = free_bytes(device)
    if free is not None and needed > free:
        kind = "GPU memory" if torch.device(device).type == "cuda" else "memory"
        raise WeightsError(
            f"{what} needs {needed / _GIB:.1f} GiB of {kind}, {free / _GIB:.1f} GiB are free: "
            "use a larger machine, or the small models (model=demo)"
        )
