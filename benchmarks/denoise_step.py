"""One denoising step of the motion model at full size, random bfloat16 weights, against diffusers' way of running it.

    python benchmarks/denoise_step.py [--kernel cudnn] [--repeats 5]
    python benchmarks/denoise_step.py --small          the same commands at toy size on a CPU, no goal

Ours: three conditions embedded once, absent slots folded, every block compiled, the chosen attention kernel. The peer:
the same transformer as diffusers runs it, eager, all five slots embedded at every step. Both are one half of guidance
at 13 x 30 x 45 + 226 tokens. Goals: at least 0.65 of this run's matrix product rate, at least 1.6 times the peer.
"""

import argparse
import sys

import torch
from device_timing import attention_rate, device_or_exit, matmul_rate, median_seconds

from pam_models.acceleration.options import SpeedOptions
from pam_models.acceleration.running import speed_up
from pam_models.motion import MultiConditionTransformer, TransformerConfig
from pam_models.motion.configuration import PAM_CONDITIONS
from pam_models.motion.denoiser import CONDITIONAL, Denoiser, predict_velocity

SHARE_GOAL, RATIO_GOAL = 0.65, 1.6
USED = ("depth", "segmentation", "keypoints")
TOY = TransformerConfig(
    num_control_blocks=2,
    num_attention_heads=2,
    attention_head_dim=32,
    num_layers=4,
    time_embed_dim=32,
    text_embed_dim=32,
    max_text_seq_length=8,
    sample_width=12,
    sample_height=8,
    sample_frames=9,
)


def flops(settings: TransformerConfig) -> float:
    """Work of one forward pass: blocks of both stacks, the branch's outputs; embeddings and the last layer left out."""
    patch = settings.patch_size
    video = settings.latent_frames * (settings.sample_height // patch) * (settings.sample_width // patch)
    tokens, dim = video + settings.max_text_seq_length, settings.inner_dim
    block = 2 * tokens * 12 * dim**2 + 4 * tokens**2 * dim
    blocks = settings.num_layers + settings.num_control_blocks
    return blocks * block + settings.num_control_blocks * 2 * video * dim**2


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--kernel", default="cudnn", choices=("auto", "cudnn", "flash", "efficient", "math"))
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--fp8", action="store_true", help="fp8 products as well: an approximation, not the exact path")
    chosen = parser.parse_args(arguments)
    device = device_or_exit(chosen.small)
    settings, dtype = (TOY, torch.float32) if chosen.small else (TransformerConfig(), torch.bfloat16)
    options = SpeedOptions(
        attention="auto" if chosen.small else chosen.kernel, compile_blocks=not chosen.small, fp8=chosen.fp8
    )
    with torch.device(device), torch.inference_mode():
        rate = matmul_rate(device, 256 if chosen.small else 8192, dtype)
        ours, peer = step_seconds(settings, dtype, device, options, chosen.repeats)
        tokens = settings.latent_frames * settings.sample_height * settings.sample_width // settings.patch_size**2
        heads, width = settings.num_attention_heads, settings.attention_head_dim
        attention = attention_rate(device, tokens, heads, width, dtype)
    share, ratio = flops(settings) / ours / rate, peer / ours
    print(
        f"matrix product {rate / 1e12:.2f} TFLOP/s, attention alone {attention / 1e12:.2f} TFLOP/s, {device}, {dtype}"
    )
    print(f"one forward is {flops(settings) / 1e12:.4f} TFLOP: diffusers eager {peer:.4f} s, ours {ours:.4f} s")
    print(f"share of the matrix product rate {share:.3f} (goal {SHARE_GOAL}), ratio {ratio:.2f} (goal {RATIO_GOAL})")
    return 0 if chosen.small or (share >= SHARE_GOAL and ratio >= RATIO_GOAL) else 1


def step_seconds(
    settings: TransformerConfig, dtype: torch.dtype, device: torch.device, options: SpeedOptions, repeats: int
) -> tuple[float, float]:
    """Seconds of ours and of the peer."""
    torch.manual_seed(0)
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        transformer = MultiConditionTransformer(settings).eval().requires_grad_(False)
    finally:
        torch.set_default_dtype(before)
    shape = (1, settings.latent_frames, settings.out_channels, settings.sample_height, settings.sample_width)
    latents, first = torch.randn(shape), torch.randn(shape)
    text = torch.randn(1, settings.max_text_seq_length, settings.text_embed_dim, dtype=dtype)
    conditions = {name: torch.randn(*shape[:2], settings.in_channels, *shape[3:]) for name in PAM_CONDITIONS}
    timestep = torch.tensor([500])
    peer = median_seconds(
        lambda: predict_velocity(transformer, latents, first, timestep, text, conditions), device, repeats
    )
    speed_up(transformer, options, device)
    used = {name: conditions[name] for name in USED}
    ready = Denoiser(transformer, first, {CONDITIONAL: text}, used, speed=options)
    return median_seconds(lambda: ready.conditional(latents, timestep), device, repeats), peer


if __name__ == "__main__":
    sys.exit(main())
