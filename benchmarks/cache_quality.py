"""The residual cache against plain fewer steps at the same cost, with the demo's weights on rendered clips.

    python benchmarks/cache_quality.py [--steps 12] [--clips 2] [--threshold 9]

Truth is the plain sampler at `--steps`. The cache skips blocks in some of them; the control is the plain sampler with
as many steps as cost the same number of blocks. Printed: relative error of the latents of both, and what each cost.
Goal: the cache is nearer to the truth than fewer steps are. Small weights say nothing of the 5B model's cache:
their first block's effect changes by more than 0.4 a step, so the default threshold reuses every second step.
"""

import argparse
import sys

import numpy as np
import torch

from pam_models.acceleration.options import CacheOptions, SpeedOptions
from pam_models.conditions.appearance_style import prompt_of, sample_style
from pam_models.conditions.encodings import encode
from pam_models.hand.free_hand import free_hand
from pam_models.motion import MotionPipeline
from pam_models.motion.denoiser import CONDITIONAL, Denoiser
from pam_models.motion.diffusion import new_scheduler
from pam_models.motion.latents import condition_input, first_frame_latents
from pam_models.motion.sampling import denoise, initial_noise
from pam_models.pose.sources.physics import PhysicsSource
from tasks.rendering import maps_of, shaded_frames
from tasks.trajectory_row import scene_of_trajectory


class Clip:
    """One rendered scene's inputs, sampled with any number of steps."""

    def __init__(self, pipeline: MotionPipeline, seed: int) -> None:
        source, hand = PhysicsSource(), free_hand()
        request = source.requests(1, seed)[0]
        trajectory = source.trajectory(request, hand, 49, 144, 96)
        scene = scene_of_trajectory(trajectory, hand)
        pictures = encode(maps_of(scene), pipeline.model.conditions)
        self._pipeline, self._seed = pipeline, seed
        self._first = first_frame_latents(pipeline.autoencoder, shaded_frames(scene, seed)[:1], 13)
        self._conditions = {name: condition_input(pipeline.autoencoder, clip[None]) for name, clip in pictures.items()}
        prompt = prompt_of(sample_style(seed), trajectory.obj.word)
        self._contexts = pipeline.model.contexts([prompt], np.zeros((1, 96, 144, 3), np.uint8), None)

    def sampled(self, steps: int, cache: CacheOptions | None = None) -> tuple[torch.Tensor, int, int]:
        """Latents, and how many steps were computed and reused."""
        transformer = self._pipeline.model.transformer  # type: ignore[attr-defined]
        ready = Denoiser(
            transformer,
            self._first,
            {CONDITIONAL: self._contexts[CONDITIONAL]},
            self._conditions,
            speed=SpeedOptions(cache=cache),
        )
        generators = [torch.Generator().manual_seed(self._seed)]
        latents = denoise(
            ready.conditional,
            ready.conditional,
            initial_noise(tuple(self._first.shape[1:]), generators),
            new_scheduler(),
            steps,
            generators,
            begin_step=ready.begin_step,
        )
        counts = (steps, 0) if ready.cache is None else (ready.cache.computed_steps, ready.cache.reused_steps)
        return latents, *counts


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; 1 where fewer steps are nearer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--clips", type=int, default=2)
    parser.add_argument("--threshold", type=float, default=9.0)
    parser.add_argument("--max-reused", type=int, default=1)
    chosen = parser.parse_args(arguments)
    torch.set_num_threads(1)
    pipeline = MotionPipeline.load("demo")
    settings = pipeline.model.transformer.settings  # type: ignore[attr-defined]
    blocks = settings.num_layers + settings.num_control_blocks
    options = CacheOptions(threshold=chosen.threshold, warmup_steps=3, max_reused=chosen.max_reused)
    errors = []
    for seed in range(chosen.clips):
        clip = Clip(pipeline, seed + 1)
        truth, _, _ = clip.sampled(chosen.steps)
        cached, computed, reused = clip.sampled(chosen.steps, options)
        # A reused step still runs the first block of each stack.
        cost = computed * blocks + reused * 2
        fewer_steps = max(1, round(cost / blocks))
        fewer, _, _ = clip.sampled(fewer_steps)
        errors.append([float((made - truth).norm() / truth.norm()) for made in (cached, fewer)])
        print(
            f"clip {seed}: {computed} steps computed, {reused} reused cost {cost} blocks, error {errors[-1][0]:.4f}; "
            f"{fewer_steps} plain steps cost {fewer_steps * blocks}, error {errors[-1][1]:.4f}"
        )
    cached_error, fewer_error = np.mean(errors, axis=0)
    print(f"mean relative error: cache {cached_error:.4f}, fewer steps {fewer_error:.4f}")
    return 0 if cached_error < fewer_error else 1


if __name__ == "__main__":
    sys.exit(main())
