"""One first-frame candidate of FLUX.1-dev with both control branches, random weights, against the official fp32 path.

    python benchmarks/flux_candidate.py [--batch 8] [--kernel cudnn]
    python benchmarks/flux_candidate.py --small        the same commands at toy size on a CPU, no goal

The peer is what the released code does: bfloat16 weights under an autocast to float32, one picture at a time, hints
encoded at every step. Ours: bfloat16, hints encoded once, compiled blocks, pictures in batches. Both are 28 steps at
480x640 (1,200 picture and 512 text tokens), timed over a few steps. Goal: at least 10 times the peer.
"""

import argparse
import sys

import torch
from device_timing import device_or_exit, matmul_rate, median_seconds

from pam_models.acceleration.options import RunOptions
from pam_models.acceleration.running import attention_kernel, speed_up
from pam_models.appearance import ControlledFlux, FluxConfig

GOAL, STEPS = 10.0, 28
TOY = FluxConfig(
    num_layers=2,
    num_single_layers=2,
    attention_head_dim=32,
    num_attention_heads=2,
    joint_attention_dim=32,
    pooled_projection_dim=16,
    axes_dims_rope=(8, 12, 12),
)


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; 1 where the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--kernel", default="cudnn", choices=("auto", "cudnn", "flash", "efficient", "math"))
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--fp8", action="store_true", help="fp8 products as well: an approximation")
    chosen = parser.parse_args(arguments)
    device = device_or_exit(chosen.small)
    dtype = torch.float32 if chosen.small else torch.bfloat16
    config, size, text = (TOY, (64, 96), 8) if chosen.small else (FluxConfig(), (480, 640), 512)
    options = RunOptions(
        attention="auto" if chosen.small else chosen.kernel, compile_blocks=not chosen.small, fp8=chosen.fp8
    )
    batch = 2 if chosen.small else chosen.batch
    torch.manual_seed(0)
    with torch.device(device), torch.inference_mode():
        rate = matmul_rate(device, 256 if chosen.small else 8192, dtype)
        before = torch.get_default_dtype()
        torch.set_default_dtype(dtype)
        try:
            flux = ControlledFlux.new(config, config.control_branch()).eval().requires_grad_(False)
        finally:
            torch.set_default_dtype(before)
        peer = STEPS * official_step(flux, size, text, device, chosen.repeats)
        speed_up(flux, options, device)
        ours = STEPS * our_step(flux, size, text, batch, options, device, chosen.repeats) / batch
    print(f"matrix product {rate / 1e12:.2f} TFLOP/s, {device}, {dtype}; {STEPS} steps at {size[0]}x{size[1]}")
    print(f"a candidate: official fp32 path {peer:.3f} s, ours in batches of {batch} {ours:.3f} s")
    print(f"ratio {peer / ours:.2f} (goal {GOAL})")
    return 0 if chosen.small or peer / ours >= GOAL else 1


def inputs(flux: ControlledFlux, size: tuple[int, int], text: int, batch: int) -> dict[str, torch.Tensor]:
    """Random inputs of one step."""
    settings = flux.base.config
    tokens = size[0] * size[1] // (8 * flux.patch) ** 2
    return {
        "tokens": torch.randn(batch, tokens, settings.in_channels),
        "text_tokens": torch.randn(batch, text, settings.joint_attention_dim),
        "pooled": torch.randn(batch, settings.pooled_projection_dim),
        "timesteps": torch.full((batch,), 0.5),
        "guidance": torch.full((batch,), 4.0),
    }


def official_step(flux: ControlledFlux, size: tuple[int, int], text: int, device: torch.device, repeats: int) -> float:
    """Seconds of one step of one picture, matrix products in float32."""
    given, hint = inputs(flux, size, text, 1), torch.randn(1, 6, *size)

    def step() -> torch.Tensor:
        with torch.autocast(device.type, dtype=torch.float32, enabled=device.type == "cuda"):
            flow: torch.Tensor = flux(**given, hints=flux.encode_hints((hint, hint)))
        return flow

    return median_seconds(step, device, repeats)


def our_step(
    flux: ControlledFlux,
    size: tuple[int, int],
    text: int,
    batch: int,
    options: RunOptions,
    device: torch.device,
    repeats: int,
) -> float:
    """Seconds of one step of a batch."""
    given, hint = inputs(flux, size, text, batch), torch.randn(batch, 6, *size)
    hints = flux.encode_hints((hint, hint))

    def step() -> torch.Tensor:
        with attention_kernel(options.attention):
            flow: torch.Tensor = flux(**given, hints=hints)
        return flow

    return median_seconds(step, device, repeats)


if __name__ == "__main__":
    sys.exit(main())
