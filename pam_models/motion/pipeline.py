"""A first frame and condition clips in, a clip out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from pam_models.acceleration.options import SpeedOptions
from pam_models.autoencoder import VideoAutoencoder
from pam_models.autoencoder.threads import fixed_threads
from pam_models.finishing import ClipFinisher
from pam_models.motion.absent import AbsentCondition, noise_null
from pam_models.motion.coordinates import coordinate_input
from pam_models.motion.diffusion import new_scheduler
from pam_models.motion.guidance import GuidanceSchedule, ever_guides
from pam_models.motion.latents import ClipAutoencoder, condition_input, first_frame_latents
from pam_models.motion.modeling import MotionModel
from pam_models.motion.parts import MotionParts
from pam_models.motion.sampling import denoise, initial_noise

COORDINATE_AXES = 2


@dataclass(frozen=True)
class Sampling:
    """How a call samples; see `MotionPipeline.sample`."""

    steps: int
    guidance: float
    schedule: GuidanceSchedule
    strengths: Mapping[str, float]
    absent: AbsentCondition


class MotionPipeline:
    """Stage III. `negative_prompt` is the unconditional text of guidance, `speed` how the model is run, `finisher` what
    goes over the decoded clips of the demo's model, if anything does.

    Each clip depends on its own seed and inputs alone. On a CPU its bytes are the same in any batch and in a process of
    any number of threads: items are sampled one by one on one thread. On a GPU the batch is sampled at once, and
    another batch composition may change last bits; a residual cache decides for the whole batch.
    """

    def __init__(
        self,
        model: MotionParts,
        autoencoder: ClipAutoencoder,
        negative_prompt: str = "",
        speed: SpeedOptions | None = None,
        finisher: ClipFinisher | None = None,
    ) -> None:
        self.model = model
        self.autoencoder = autoencoder
        self.negative_prompt = negative_prompt
        self.speed = speed or SpeedOptions()
        self.finisher = finisher

    @classmethod
    def load(cls, source: str | Path = "demo", device: torch.device | str = "cpu") -> "MotionPipeline":
        """Load "demo", or a folder with ``motion/``, ``autoencoder/`` and maybe ``finisher/`` in it, as `save` writes.

        Raises WeightsError if weights are absent, altered or do not fit.
        """
        if source == "demo":
            model, autoencoder = MotionModel.load("demo", device), VideoAutoencoder.load("demo", device)
            return cls(model, autoencoder, finisher=ClipFinisher.load("demo", device))
        folder = Path(source)
        model = MotionModel.load(folder / "motion", device)
        autoencoder = VideoAutoencoder.load(folder / "autoencoder", device)
        own = folder / "finisher"
        return cls(model, autoencoder, finisher=ClipFinisher.load(own, device) if own.is_dir() else None)

    def save(self, directory: Path) -> None:
        """Write the models under `directory`. Raises TypeError for the paper's models, which have their own files."""
        if not isinstance(self.model, MotionModel) or not isinstance(self.autoencoder, VideoAutoencoder):
            raise TypeError("only a MotionModel is saved here; save the paper's branch with motion.branch_file")
        self.model.save(directory / "motion")
        self.autoencoder.save(directory / "autoencoder")
        if self.finisher is not None:
            self.finisher.save(directory / "finisher")

    @property
    def conditions(self) -> tuple[str, ...]:
        """The conditions that a call may have: the model's, and those that the finisher alone reads."""
        finished = () if self.finisher is None else self.finisher.config.conditions
        return tuple(dict.fromkeys((*self.model.conditions, *finished)))

    @fixed_threads()
    def sample(
        self,
        first_frame: UInt8[np.ndarray, "B H W 3"],
        conditions: Mapping[str, np.ndarray],
        prompts: Sequence[str],
        seeds: Sequence[int],
        steps: int = 20,
        guidance: float = 1.0,
        *,
        schedule: GuidanceSchedule = "constant",
        strengths: Mapping[str, float] | None = None,
        absent: AbsentCondition = "zero",
    ) -> UInt8[np.ndarray, "B T H W 3"]:
        """Sample one clip per seed. Conditions may be any subset of `conditions`; guidance 1 halves the cost.

        A condition is a clip (B, T, H, W, 3) uint8, or joints in pixels (B, T, P, 2) where the model reads coordinates.
        `absent` says what stands for one that is not given or of strength 0: nothing, or the official training's noise.
        Raises ValueError if the counts or sizes disagree, or a condition or word is unknown.
        """
        self._check(first_frame, conditions, prompts, seeds)
        how = Sampling(steps, guidance, schedule, strengths or {}, absent)
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
        conditions: Mapping[str, np.ndarray],
        prompts: Sequence[str],
        seeds: Sequence[int],
        how: Sampling,
    ) -> UInt8[np.ndarray, "B T H W 3"]:
        shown = {name: clip for name, clip in conditions.items() if how.strengths.get(name, 1.0) != 0.0}
        given = {name: clip for name, clip in shown.items() if name in self.model.conditions}
        negative = self.negative_prompt if ever_guides(how.guidance, how.schedule) else None
        with torch.inference_mode():
            first = first_frame_latents(self.autoencoder, first_frame, self.model.latent_frames)
            inputs = {name: self._input(name, clip, first_frame) for name, clip in given.items()}
            inputs |= self._absent(given, first, seeds, how.absent)
            contexts = self.model.contexts(prompts, first_frame, negative)
        strengths = {name: strength for name, strength in how.strengths.items() if name in given}
        halves = self.model.halves(first, contexts, inputs, strengths, self.speed)
        generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        latents: Float[Tensor, "B F C h w"] = denoise(
            halves.conditional,
            halves.unconditional,
            initial_noise(tuple(first.shape[1:]), generators, self.autoencoder.device),
            new_scheduler(),
            how.steps,
            generators,
            how.guidance,
            how.schedule,
            halves.begin_step,
        )
        clip = self.autoencoder.decode(latents.permute(0, 2, 1, 3, 4))
        if self.finisher is None:
            return clip
        pictures = {name: video for name, video in shown.items() if name not in self.model.coordinate_conditions}
        return self.finisher.finish(clip, first_frame, pictures, how.strengths)

    def _input(self, name: str, clip: np.ndarray, first_frame: UInt8[np.ndarray, "B H W 3"]) -> Tensor:
        if name in self.model.coordinate_conditions:
            height, width = first_frame.shape[1:3]
            return coordinate_input(clip, width, height).to(self.autoencoder.device)
        return condition_input(self.autoencoder, clip)

    def _absent(
        self, given: Mapping[str, np.ndarray], first: Tensor, seeds: Sequence[int], absent: AbsentCondition
    ) -> dict[str, Tensor]:
        if absent == "zero":
            return {}
        slots = [name for name in self.model.conditions if name not in self.model.coordinate_conditions]
        return {
            name: noise_null(tuple(first.shape[1:]), seeds, slot).to(first)
            for slot, name in enumerate(slots)
            if name not in given
        }

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
        unknown = sorted(conditions.keys() - set(self.conditions))
        if unknown:
            raise ValueError(
                f"no condition is called {', '.join(unknown)}; this model has {', '.join(self.conditions)}"
            )
        for name, clip in conditions.items():
            as_joints = name in self.model.coordinate_conditions
            frames = (batch, self.model.sample_frames)
            expected = (*frames, *clip.shape[2:3], COORDINATE_AXES) if as_joints else (*frames, *first_frame.shape[1:])
            if clip.shape != expected:
                raise ValueError(f"condition {name} has shape {clip.shape}, the first frame asks for {expected}")
