"""A first frame and condition clips in, a clip out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from pam_models.autoencoder import VideoAutoencoder
from pam_models.autoencoder.threads import fixed_threads
from pam_models.motion.diffusion import new_scheduler
from pam_models.motion.guidance import GuidanceSchedule
from pam_models.motion.latents import condition_input, first_frame_latents
from pam_models.motion.modeling import MotionModel, MultiConditionTransformer, predict_velocity
from pam_models.motion.sampling import denoise, initial_noise


class TextEncoder(Protocol):
    """What turns prompts into tokens (B, L, D) and a pooled embedding (B, P)."""

    def encode(self, prompts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Encode prompts in order."""


class MotionParts(Protocol):
    """The transformer and the text encoder that it reads; a `MotionModel`, or the paper's pair."""

    @property
    def transformer(self) -> MultiConditionTransformer:
        """The motion transformer."""

    @property
    def text(self) -> TextEncoder:
        """The text encoder."""


@dataclass(frozen=True)
class Sampling:
    """How a call samples; see `MotionPipeline.sample`."""

    steps: int
    guidance: float
    schedule: GuidanceSchedule
    strengths: Mapping[str, float] | None


class MotionPipeline:
    """Stage III. `negative_prompt` is the unconditional text of guidance.

    Each clip depends on its own seed and inputs alone. On a CPU its bytes are the same in any batch and in a process of
    any number of threads: items are sampled one by one on one thread. On a GPU the batch is sampled at once, and
    another batch composition may change last bits.
    """

    def __init__(self, model: MotionParts, autoencoder: VideoAutoencoder, negative_prompt: str = "") -> None:
        self.model = model
        self.autoencoder = autoencoder
        self.negative_prompt = negative_prompt

    @classmethod
    def load(cls, source: str | Path = "demo", device: torch.device | str = "cpu") -> "MotionPipeline":
        """Load "demo", or a folder with ``motion/`` and ``autoencoder/`` in it, as `save` writes.

        Raises WeightsError if weights are absent, altered or do not fit.
        """
        if source == "demo":
            return cls(MotionModel.load("demo", device), VideoAutoencoder.load("demo", device))
        folder = Path(source)
        return cls(MotionModel.load(folder / "motion", device), VideoAutoencoder.load(folder / "autoencoder", device))

    def save(self, directory: Path) -> None:
        """Write both models under `directory`. Raises TypeError for the paper's models, which have their own files."""
        if not isinstance(self.model, MotionModel):
            raise TypeError("only a MotionModel is saved here; save the paper's branch with motion.branch_file")
        self.model.save(directory / "motion")
        self.autoencoder.save(directory / "autoencoder")

    @fixed_threads()
    def sample(
        self,
        first_frame: UInt8[np.ndarray, "B H W 3"],
        conditions: Mapping[str, UInt8[np.ndarray, "B T H W 3"]],
        prompts: Sequence[str],
        seeds: Sequence[int],
        steps: int = 20,
        guidance: float = 1.0,
        *,
        schedule: GuidanceSchedule = "constant",
        strengths: Mapping[str, float] | None = None,
    ) -> UInt8[np.ndarray, "B T H W 3"]:
        """Sample one clip per seed. Conditions may be any subset of the model's; guidance 1 halves the cost.

        Raises ValueError if the counts or sizes disagree, or a condition or word is unknown.
        """
        self._check(first_frame, conditions, prompts, seeds)
        how = Sampling(steps, guidance, schedule, strengths)
        if self.autoencoder.device.type != "cpu":
            return self._sample_at_once(first_frame, conditions, prompts, seeds, how)
        items = [slice(index, index + 1) for index in range(len(seeds))]
        return np.concatenate(
            [
                self._sample_at_once(
                    first_frame[item],
                    {name: clip[item] for name, clip in conditions.items()},
                    prompts[item],
                    seeds[item],
                    how,
                )
                for item in items
            ]
        )

    def _sample_at_once(
        self,
        first_frame: UInt8[np.ndarray, "B H W 3"],
        conditions: Mapping[str, UInt8[np.ndarray, "B T H W 3"]],
        prompts: Sequence[str],
        seeds: Sequence[int],
        how: Sampling,
    ) -> UInt8[np.ndarray, "B T H W 3"]:
        transformer, device = self.model.transformer, self.autoencoder.device
        with torch.inference_mode():
            inputs = {name: condition_input(self.autoencoder, clip) for name, clip in conditions.items()}
            first = first_frame_latents(self.autoencoder, first_frame, transformer.settings.latent_frames)
            text, _ = self.model.text.encode(prompts)
            negative, _ = self.model.text.encode([self.negative_prompt] * len(prompts))

        def conditional(latents: Tensor, timesteps: Tensor) -> Tensor:
            return predict_velocity(transformer, latents, first, timesteps, text, inputs, how.strengths)

        def unconditional(latents: Tensor, timesteps: Tensor) -> Tensor:
            return predict_velocity(transformer, latents, first, timesteps, negative, inputs, how.strengths)

        generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        latents: Float[Tensor, "B F C h w"] = denoise(
            conditional,
            unconditional,
            initial_noise(tuple(first.shape[1:]), generators, device),
            new_scheduler(),
            how.steps,
            generators,
            how.guidance,
            how.schedule,
        )
        return self.autoencoder.decode(latents.permute(0, 2, 1, 3, 4))

    def _check(
        self,
        first_frame: np.ndarray,
        conditions: Mapping[str, np.ndarray],
        prompts: Sequence[str],
        seeds: Sequence[int],
    ) -> None:
        batch = len(seeds)
        if len(prompts) != batch or first_frame.shape[0] != batch or batch == 0:
            raise ValueError(
                f"{batch} seeds, {len(prompts)} prompts and {first_frame.shape[0]} first frames: one each per clip"
            )
        settings = self.model.transformer.settings
        unknown = sorted(conditions.keys() - set(settings.conditions))
        if unknown:
            raise ValueError(
                f"no condition is called {', '.join(unknown)}; this model has {', '.join(settings.conditions)}"
            )
        expected = (batch, settings.sample_frames, *first_frame.shape[1:])
        for name, clip in conditions.items():
            if clip.shape != expected:
                raise ValueError(f"condition {name} has shape {clip.shape}, the first frame asks for {expected}")
