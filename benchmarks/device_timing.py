"""What the GPU benchmarks share: a device or a refusal in one line, medians, the device's own matrix product rate."""

import statistics
import sys
import time
from collections.abc import Callable

import torch

NO_GPU = 2


def device_or_exit(small: bool) -> torch.device:
    """A GPU; the CPU for `--small`; else leave with one line and exit code 2."""
    if small:
        torch.set_num_threads(1)
        return torch.device("cpu")
    if not torch.cuda.is_available():
        print("this benchmark needs a CUDA GPU; `--small` runs its commands at toy size on a CPU", file=sys.stderr)
        sys.exit(NO_GPU)
    return torch.device("cuda")


def median_seconds(run: Callable[[], object], device: torch.device, repeats: int) -> float:
    """Median duration of a call, the first (which compiles and allocates) left out."""
    run()
    seconds = []
    for _ in range(repeats):
        _wait(device)
        start = time.perf_counter()
        run()
        _wait(device)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def matmul_rate(device: torch.device, side: int, dtype: torch.dtype) -> float:
    """FLOP/s of a square matrix product in the same process: what the device gives, not what its data sheet says."""
    left, right = (torch.randn(side, side, device=device, dtype=dtype) for _ in range(2))
    return 2 * side**3 / median_seconds(lambda: left @ right, device, 5)


def attention_rate(device: torch.device, tokens: int, heads: int, width: int, dtype: torch.dtype) -> float:
    """FLOP/s of attention alone at the model's own shape."""
    query = torch.randn(1, heads, tokens, width, device=device, dtype=dtype)
    seconds = median_seconds(lambda: torch.nn.functional.scaled_dot_product_attention(query, query, query), device, 5)
    return 4 * tokens**2 * heads * width / seconds


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
