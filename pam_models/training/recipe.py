"""What a training run is: every number that affects the weights, in one frozen configuration.

A recipe is a YAML file under `deployments/profiles/train-<name>.yaml`. Schedules are driven by the declared number of
steps and never by the clock, so that a run stopped at any moment continues exactly.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

Precision = Literal["fp32", "bf16"]
PROFILES = Path(__file__).parents[2] / "deployments" / "profiles"


class RecipeError(ValueError):
    """A recipe that is missing, unreadable or has an impossible value; the message is one line."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DataRecipe(_Frozen):
    """How many scenes are simulated and how many pictures are rendered from them."""

    seed: int = 0
    height: int = 96
    width: int = 144
    frames: int = 49
    conditions: tuple[str, ...] = ("depth", "segmentation", "keypoints", "normal")
    physics_scenes: int = Field(gt=0)
    physics_requests: int = Field(gt=0, description="rollouts tried at most; some are rejected")
    clips_per_scene: int = Field(gt=0, description="cameras and styles per physics scene")
    kinematic_scenes: int = Field(gt=0)
    pictures: int = Field(gt=0, description="single pictures, each its own scene moment, camera and style")
    pictures_per_block: int = Field(default=128, gt=0)
    picture_hand_absent: float = Field(default=0.08, ge=0, le=1)
    picture_kinematic: float = Field(
        default=0.4, ge=0, le=1, description="share of pictures with free random hand poses"
    )
    held_out_one_in: int = Field(default=12, gt=1, description="one scene in so many is never trained on")


class LoopRecipe(_Frozen):
    """The numbers that every optimisation loop has."""

    steps: int = Field(gt=0)
    batch: int = Field(gt=0)
    learning_rate: float = Field(gt=0)
    warmup_steps: int = Field(default=50, ge=0)
    final_learning_rate_fraction: float = Field(default=0.03, ge=0, le=1)
    weight_decay: float = Field(default=1e-3, ge=0)
    betas: tuple[float, float] = (0.9, 0.95)
    clip_norm: float = Field(default=1.0, gt=0)
    ema_decay: float | None = Field(default=0.995, gt=0, lt=1)
    precision: Precision = "fp32"
    seed: int = 0
    sample_every: int = Field(default=200, gt=0)


class AutoencoderRecipe(LoopRecipe):
    """The video autoencoder: crops in time of pictures and of condition videos."""

    crop_frames: tuple[int, ...] = (9, 1)
    crop_weights: tuple[float, ...] = (0.55, 0.45)
    window: tuple[int, int] = Field(default=(64, 96), description="height and width of training crops, multiples of 8")
    whole_picture_fraction: float = Field(default=0.2, ge=0, le=1, description="share of the last steps without crops")
    rgb_fraction: float = Field(default=0.6, ge=0, le=1)
    edge_weight: float = Field(default=0.5, ge=0)
    kl_weight: float = Field(default=1e-6, ge=0)
    latent_noise: float = Field(default=0.0, ge=0, description="largest noise on latents in training, in their scale")
    foreground_weight: float = Field(default=3.0, ge=1)
    scale_clips: int = Field(default=48, gt=0, description="clips over which the latents' mean and deviation are taken")

    @model_validator(mode="after")
    def _decodable(self) -> AutoencoderRecipe:
        """Refuse an even number of latent frames: diffusers decodes it to too many frames."""
        wrong = [frames for frames in self.crop_frames if frames % 8 != 1]
        if wrong or len(self.crop_frames) != len(self.crop_weights):
            raise ValueError("crop_frames must be 1, 9, 17, ... with as many crop_weights")
        return self


class EstimatorRecipe(LoopRecipe):
    """The compact hand estimator, on rendered crops with strong augmentation."""

    joints_3d_weight: float = Field(default=1.0, ge=0)
    joints_2d_weight: float = Field(default=1.0, ge=0)
    presence_weight: float = Field(default=0.1, ge=0)
    negative_fraction: float = Field(default=0.12, ge=0, lt=1)


class AppearanceRecipe(LoopRecipe):
    """The first-frame model: rectified flow on the latents of single pictures."""

    condition_dropout: float = Field(default=0.1, ge=0, le=1)
    text_dropout: float = Field(default=0.02, ge=0, le=1)
    foreground_weight: float = Field(default=2.0, ge=1)
    sample_steps: int = Field(default=12, gt=0)


class MotionRecipe(LoopRecipe):
    """The image-to-video model: v-prediction on latents, first of parts of clips, at the end of whole ones."""

    window: int = Field(default=4, gt=0, description="latent frames of a part, besides the first frame")
    whole_clip_fraction: float = Field(default=0.25, ge=0, le=1, description="share of the last steps on whole clips")

    conditions: tuple[str, ...] = ("depth", "segmentation", "keypoints")
    condition_dropout: float = Field(default=0.2, ge=0, le=1, description="per clip and condition, by a true null")
    first_frame_dropout: float = Field(default=0.05, ge=0, le=1)
    text_dropout: float = Field(default=0.1, ge=0, le=1)
    foreground_weight: float = Field(default=2.0, ge=1)
    sample_steps: int = Field(default=12, gt=0)


class TrainRecipe(_Frozen):
    """The whole of a training run: data and the four models."""

    name: str
    data: DataRecipe
    autoencoder: AutoencoderRecipe
    estimator: EstimatorRecipe
    appearance: AppearanceRecipe
    motion: MotionRecipe

    def sha256(self) -> str:
        """The hash of every value in the recipe."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


def load_recipe(name_or_path: str) -> TrainRecipe:
    """Read a recipe by name (`demo`) or by path. Raises RecipeError with one line when it is absent or wrong."""
    path = Path(name_or_path)
    if path.suffix not in {".yaml", ".yml"}:
        path = PROFILES / f"train-{name_or_path}.yaml"
    if not path.is_file():
        raise RecipeError(f"there is no training recipe {name_or_path!r}: {path} does not exist")
    try:
        return TrainRecipe.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RecipeError(f"{path}: {where or 'recipe'}: {first['msg']}") from error
    except yaml.YAMLError as error:
        raise RecipeError(f"{path} is not YAML: {' '.join(str(error).split())}") from error
