"""What a training run is: every number that affects the weights, in one frozen configuration.

A recipe is a YAML file under `deployments/profiles/train-<name>.yaml`. Schedules are driven by the declared number of
steps and never by the clock, so that a run stopped at any moment continues exactly.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pam_models.training.data_recipe import DataRecipe

Precision = Literal["fp32", "bf16"]
MODELS = ("autoencoder", "estimator", "appearance", "motion", "finisher")
"""In the order in which they are trained: the generators need the autoencoder, validation wants the estimator, and the
finisher learns on what the motion model makes.
"""
# That of the finisher's sizes; asking them would load torch before a recipe is read.
_FINISHER_STRIDE = 8
PROFILES = Path(__file__).parents[2] / "deployments" / "profiles"


class RecipeError(ValueError):
    """A recipe that is missing, unreadable or has an impossible value; the message is one line."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PlainAdamW(_Frozen):
    """AdamW with whole weights in every process: one process, or data-parallel ones."""

    kind: Literal["adamw"] = "adamw"


class ZeroEngine(_Frozen):
    """DeepSpeed: optimizer states (stage 1) and gradients (stage 2) divided among the ranks."""

    kind: Literal["deepspeed"] = "deepspeed"
    stage: Literal[1, 2] = 2
    offload_optimizer: bool = Field(default=True, description="keep and run the optimizer in the host's memory")


class MuonEngine(_Frozen):
    """Muon for matrices and convolutions inside a network, AdamW for the rest, in one process or data-parallel ones.

    The recipe's learning rate is AdamW's; Muon's follows the same schedule from its own peak (docs/adr/0071).
    """

    kind: Literal["muon"] = "muon"
    learning_rate: float = Field(default=0.02, gt=0, description="peak of what Muon moves")
    momentum: float = Field(default=0.95, ge=0, lt=1)
    weight_decay: float = Field(default=0.01, ge=0)
    left_out: tuple[str, ...] = Field(
        default=(), description="parts of the names of weights that stay with AdamW: first and last layers, embeddings"
    )


EngineChoice = Annotated[PlainAdamW | MuonEngine | ZeroEngine, Field(discriminator="kind")]


class LoopRecipe(_Frozen):
    """The numbers that every optimisation loop has."""

    steps: int = Field(gt=0, description="updates of the weights")
    batch: int = Field(gt=0, description="samples in one batch of one process")
    batches_per_step: int = Field(
        default=1, gt=0, description="batches in one update, over all processes: ranks times accumulation"
    )
    learning_rate: float = Field(gt=0, description="peak, after the warm-up")
    warmup_steps: int = Field(default=50, ge=0, description="updates over which the learning rate rises")
    schedule_steps: int | None = Field(
        default=None, gt=0, description="updates over which the cosine falls; None for all steps of the run"
    )
    final_learning_rate_fraction: float = Field(
        default=0.03, ge=0, le=1, description="of the peak, at the cosine's end"
    )
    weight_decay: float = Field(default=1e-3, ge=0)
    betas: tuple[float, float] = (0.9, 0.95)
    epsilon: float = Field(default=1e-8, gt=0)
    clip_norm: float = Field(default=1.0, gt=0)
    ema_decay: float | None = Field(default=0.995, gt=0, lt=1, description="of the averaged weights; None for none")
    precision: Precision = "fp32"
    gradient_checkpointing: bool = Field(default=False, description="compute activations twice to save memory")
    engine: EngineChoice = PlainAdamW()
    seed: int = 0
    sample_every: int = Field(default=200, gt=0, description="updates between two validations")


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
    whole_clips: int | None = Field(
        default=None, gt=0, description="clips in a batch of whole ones; None: as many latent frames as in the parts"
    )
    cut_out_fraction: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="share of the steps on parts of clips that see the hand's surroundings alone",
    )
    cut_out: tuple[int, int] = Field(default=(8, 12), description="height and width of a cut-out in latent cells")
    cut_outs: int = Field(default=9, gt=0, description="cut-outs in a batch")

    base: Path | None = Field(
        default=None,
        description="folder of CogVideoX-5b-I2V in diffusers' layout: it is frozen and the control branch trained; "
        "None trains a small model whole",
    )
    backbone: Literal["cogvideox", "svd"] = Field(
        default="cogvideox", description="of the small model; svd is the baseline of Table 6"
    )
    conditions: tuple[str, ...] = ("depth", "segmentation", "keypoints")
    condition_dropout: float = Field(default=0.2, ge=0, le=1, description="per clip and condition, by a true null")
    first_frame_dropout: float = Field(default=0.05, ge=0, le=1)
    text_dropout: float = Field(default=0.1, ge=0, le=1)
    foreground_weight: float = Field(default=2.0, ge=1)
    sample_steps: int = Field(default=12, gt=0)

    @model_validator(mode="after")
    def _of_one_kind(self) -> MotionRecipe:
        """Refuse what a backbone cannot do."""
        if self.backbone == "svd" and self.base is not None:
            raise ValueError("backbone svd is trained small and whole: leave base out")
        if self.backbone == "svd" and self.whole_clip_fraction < 1.0:
            raise ValueError("backbone svd sees whole clips alone: set whole_clip_fraction to 1")
        return self


class FinisherRecipe(LoopRecipe):
    """The finisher: cut-outs of the small motion model's clips beside the renderer's."""

    conditions: tuple[str, ...] = ("depth", "segmentation", "keypoints", "normal")
    frames: int = Field(default=4, gt=0, description="frames of a cut-out that follow one another")
    cut_out: tuple[int, int] = Field(default=(64, 64), description="height and width of a cut-out in pixels")
    condition_dropout: float = Field(
        default=0.1, ge=0, le=1, description="per clip and condition, for the motion model and the finisher alike"
    )
    draft_steps: int = Field(default=1, gt=0, description="denoising steps of the clips that are learnt from")
    foreground_weight: float = Field(default=4.0, ge=1)
    edge_weight: float = Field(default=0.5, ge=0, description="of differences between neighbouring pixels")

    @model_validator(mode="after")
    def _folds(self) -> FinisherRecipe:
        """Refuse cut-outs that the finest level cannot halve."""
        if any(side % _FINISHER_STRIDE for side in self.cut_out):
            raise ValueError(f"cut_out must have sides in multiples of {_FINISHER_STRIDE}, got {self.cut_out}")
        return self


class TrainRecipe(_Frozen):
    """The whole of a training run: data, and the models that it trains; a model that is None is not trained."""

    name: str
    data: DataRecipe
    autoencoder: AutoencoderRecipe | None = None
    estimator: EstimatorRecipe | None = None
    appearance: AppearanceRecipe | None = None
    motion: MotionRecipe | None = None
    finisher: FinisherRecipe | None = None

    @model_validator(mode="after")
    def _complete(self) -> TrainRecipe:
        """Refuse a recipe that trains nothing, and conditions that the data will not have."""
        if not self.models:
            raise ValueError(f"declares no model; give at least one of {', '.join(MODELS)}")
        for name, model in (("motion", self.motion), ("finisher", self.finisher)):
            absent = sorted(set(model.conditions) - set(self.data.conditions)) if model is not None else []
            if absent:
                raise ValueError(f"{name}.conditions has {', '.join(absent)}, which data.conditions does not make")
        return self

    @property
    def models(self) -> tuple[str, ...]:
        """The declared models, in the order in which they are trained."""
        return tuple(name for name in MODELS if getattr(self, name) is not None)

    def loop(self, model: str) -> LoopRecipe:
        """The numbers of one model's loop. Raises RecipeError when the recipe does not declare it."""
        recipe = getattr(self, model)
        if recipe is None:
            declared = ", ".join(self.models)
            raise RecipeError(f"recipe {self.name!r} does not declare {model}; it declares {declared}")
        assert isinstance(recipe, LoopRecipe)
        return recipe

    def sha256(self) -> str:
        """The hash of every value in the recipe."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


def load_recipe(name_or_path: str, settings: Sequence[str] = ()) -> TrainRecipe:
    """Read a recipe by name (`demo`, `paper`) or by path, with `key=value` settings over it (`motion.steps=100`).

    Raises RecipeError with one line when it is absent or wrong.
    """
    path = Path(name_or_path)
    if path.suffix not in {".yaml", ".yml"}:
        path = PROFILES / f"train-{name_or_path}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(found.stem.removeprefix("train-") for found in PROFILES.glob("train-*.yaml")))
        raise RecipeError(f"there is no training recipe {name_or_path!r}: {path} does not exist; known are {known}")
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
        for setting in settings:
            _set(values, setting)
        return TrainRecipe.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RecipeError(f"{path}: {where or 'recipe'}: {first['msg']}") from error
    except yaml.YAMLError as error:
        raise RecipeError(f"{path} is not YAML: {' '.join(str(error).split())}") from error


def _set(values: dict[str, Any], setting: str) -> None:
    key, equals, text = setting.partition("=")
    *path, last = key.split(".")
    if not equals or not last:
        raise RecipeError(f"{setting!r} is no setting; write key=value, such as motion.steps=100")
    for name in path:
        values = values.setdefault(name, {}) if isinstance(values, dict) else {}
    if not isinstance(values, dict):
        raise RecipeError(f"{setting!r}: {'.'.join(path)} holds one value and no settings of its own")
    values[last] = yaml.safe_load(text)
