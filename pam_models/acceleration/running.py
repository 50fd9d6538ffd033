"""How a transformer is run: its attention kernel, compiled blocks, fp8 products."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from pam_models.acceleration.fp8 import to_fp8
from pam_models.acceleration.options import AttentionKernel, RunOptions

_BACKENDS = {
    "cudnn": SDPBackend.CUDNN_ATTENTION,
    "flash": SDPBackend.FLASH_ATTENTION,
    "efficient": SDPBackend.EFFICIENT_ATTENTION,
    "math": SDPBackend.MATH,
}
_ON_A_CPU = ("auto", "flash", "math")
_BLOCK_GROUPS = ("transformer_blocks", "transformer_blocks_copy", "single_transformer_blocks", "double_blocks")
_FP8_CAPABILITY = (8, 9)


@contextmanager
def attention_kernel(name: AttentionKernel) -> Iterator[None]:
    """Run attention on the named kernel within the block; "auto" leaves torch's choice."""
    if name == "auto":
        yield
        return
    with sdpa_kernel(_BACKENDS[name]):
        yield


def check_options(options: RunOptions, device: torch.device | str) -> None:
    """Raise ValueError in one line for an option that `device` cannot do."""
    place = torch.device(device)
    if place.type == "cuda":
        if options.fp8 and torch.cuda.get_device_capability(place) < _FP8_CAPABILITY:
            raise ValueError("fp8 needs a GPU of compute capability 8.9 or later; set fp8 to false")
        return
    if options.fp8:
        raise ValueError(f"fp8 needs a GPU with fp8 products, this is a {place.type}; set fp8 to false")
    if options.attention not in _ON_A_CPU:
        raise ValueError(f"attention {options.attention!r} needs a GPU; on a CPU there are {', '.join(_ON_A_CPU)}")


def speed_up(model: nn.Module, options: RunOptions, device: torch.device | str, backend: str = "inductor") -> None:
    """Apply what is done to the model itself, in place: fp8 layers, then compiled blocks. Raises as `check_options`.

    Blocks are compiled one by one: a tenth of the whole graph's compile time at the same speed, and the loop over
    blocks stays open to the residual cache. Compiling changes no tensor's name. `backend` is torch.compile's.
    """
    check_options(options, device)
    groups = [group for name, group in model.named_modules() if name.rpartition(".")[2] in _BLOCK_GROUPS]
    for group in groups:
        if options.fp8:
            to_fp8(group)
        if options.compile_blocks:
            for block in group.children():
                block.compile(backend=backend)
