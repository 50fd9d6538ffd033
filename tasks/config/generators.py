"""The picture model and the video model of a build: which, with which weights, how many steps, how fast."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from pam_models.acceleration.options import RunOptions, SpeedOptions
from tasks.config.base import CONTENT_PATH, SPEED_ONLY, ConfigModel

GuidanceSchedule = Literal["constant", "dynamic", "pam"]
PROMPT_SETS = Path(__file__).parents[2] / "deployments" / "prompts"


class _Appearance(ConfigModel):
    candidates: int = Field(default=30, ge=1, description="First-frame pictures for each trajectory")
    steps: int = Field(default=12, ge=1, le=1000, description="Denoising steps for each picture")
    guidance: float = Field(default=4.0, ge=0.0, description="Embedded guidance; the demo was trained at 4 alone")
    batch_size: int = Field(default=10, ge=1, description="Pictures in one batch", json_schema_extra=SPEED_ONLY)
    prompts: Path | None = Field(
        default=None,
        description="A prompt set: a YAML file, or one that ships by name ('varied', 'official'); empty: the demo's",
        json_schema_extra=CONTENT_PATH,
    )
    speed: RunOptions = Field(default=RunOptions(), description="Attention kernel, compiled blocks, fp8")

    @field_validator("prompts", mode="before")
    @classmethod
    def _name_means_a_shipped_set(cls, value: Any) -> Any:  # noqa: ANN401  pydantic's hook takes any input
        named = PROMPT_SETS / f"{value}.yaml"
        return named if isinstance(value, str) and named.is_file() else value


class DemoAppearance(_Appearance):
    """The small picture model that ships with the project."""

    model: Literal["demo"] = Field(default="demo", description="The small model that ships with the project")


class FluxAppearance(_Appearance):
    """FLUX.1-dev with two control branches."""

    model: Literal["flux"] = Field(default="flux", description="FLUX.1-dev with two control branches, as in the paper")
    steps: int = Field(default=28, ge=1, le=1000, description="Denoising steps for each picture")
    guidance: float = Field(default=4.0, ge=0.0, description="FLUX's distilled guidance")
    width: int | None = Field(
        default=None,
        ge=16,
        multiple_of=16,
        description="Width at which pictures are painted, in pixels, before they are stretched to the clips'; "
        "the published weights know 640; empty: the clips' own",
    )
    base: Path | None = Field(
        default=None, description="Folder with FLUX.1-dev in diffusers' layout", json_schema_extra=CONTENT_PATH
    )
    weights: Path | None = Field(
        default=None,
        description="PAM's published appearance_gen folder, with controlnet.bin",
        json_schema_extra=CONTENT_PATH,
    )


class GivenAppearance(_Appearance):
    """No picture model: each trajectory's own clip gives its first frame, as the paper measures its video models."""

    model: Literal["given"] = Field(
        default="given", description="The first frame of a clip that is there already; nothing is painted"
    )
    candidates: int = Field(default=1, ge=1, description="First frames for each trajectory; they are all the same")
    clips: Path | None = Field(
        default=None,
        description="Folder of clips named <trajectory id>.mp4; empty: the renderer's own clips",
        json_schema_extra=CONTENT_PATH,
    )


AppearanceConfig = Annotated[DemoAppearance | FluxAppearance | GivenAppearance, Field(discriminator="model")]


class ConditionStrengths(ConfigModel):
    """How strongly each condition drives the video model; 0 leaves the condition out. The hand is told by keypoints, by
    its mesh, or by its mask, as the model was trained.
    """

    depth: float = Field(default=1.0, ge=0.0, le=2.0, description="Strength of the depth video")
    segmentation: float = Field(default=1.0, ge=0.0, le=2.0, description="Strength of the segmentation video")
    keypoints: float = Field(default=1.0, ge=0.0, le=2.0, description="Strength of the hand skeleton video")
    mesh: float = Field(default=0.0, ge=0.0, le=2.0, description="Strength of the video of the hand's projected mesh")
    hand_mask: float = Field(default=0.0, ge=0.0, le=2.0, description="Strength of the hand's mask (InterDyn's SVD)")
    normal: float = Field(default=0.0, ge=0.0, le=2.0, description="Strength of the normal video")
    tracking: float = Field(default=0.0, ge=0.0, le=2.0, description="Strength of the tracking video")


class _Video(ConfigModel):
    clips_per_trajectory: int | None = Field(
        default=1, ge=1, description="How many kept candidates become clips, best first; empty: all of them"
    )
    steps: int = Field(default=20, ge=1, le=1000, description="Denoising steps for each clip")
    guidance: float = Field(default=1.0, ge=0.0, description="Guidance scale; 1 leaves the unguided half out")
    schedule: GuidanceSchedule = Field(default="constant", description="How guidance changes over the steps")
    strengths: ConditionStrengths = Field(default=ConditionStrengths(), description="Strength of each condition video")
    absent: Literal["zero", "noise"] = Field(
        default="zero",
        description="What stands for a condition that is left out: nothing, or the published training's noise",
    )
    prompt: str | None = Field(
        default=None, min_length=1, description="One prompt for every clip; empty: the prompt of its first frame"
    )
    speed: SpeedOptions = Field(
        default=SpeedOptions(), description="Attention kernel, compiled blocks, fp8, residual cache over steps"
    )
    batch_size: int = Field(default=1, ge=1, description="Clips in one batch", json_schema_extra=SPEED_ONLY)


class DemoVideo(_Video):
    """The small video model that ships with the project, or one of its kind that was trained here."""

    model: Literal["demo"] = Field(default="demo", description="The small model that ships with the project")
    weights: Path | None = Field(
        default=None,
        description="Weights of a model of this kind that training wrote; empty: those that ship",
        json_schema_extra=CONTENT_PATH,
    )
    autoencoder: Path | None = Field(
        default=None,
        description="Weights of the autoencoder that it was trained with; empty: those that ship",
        json_schema_extra=CONTENT_PATH,
    )
    finish: bool | None = Field(
        default=None,
        description="Draw anew from the condition videos what the small model leaves soft; empty: only with the "
        "weights that ship, or with a finisher of your own",
    )
    finisher: Path | None = Field(
        default=None,
        description="Weights of the finisher, where it was trained here too; empty: those that ship",
        json_schema_extra=CONTENT_PATH,
    )

    @property
    def finishes(self) -> bool:
        """Whether a finisher goes over the clips."""
        return self.finish if self.finish is not None else self.weights is None or self.finisher is not None


class CogVideoXVideo(_Video):
    """CogVideoX-5B-I2V with a control branch."""

    model: Literal["cogvideox"] = Field(
        default="cogvideox", description="CogVideoX-5B-I2V with a control branch, as in the paper"
    )
    clips_per_trajectory: int | None = Field(
        default=None, ge=1, description="How many kept candidates become clips, best first; empty: all of them"
    )
    steps: int = Field(default=50, ge=1, le=1000, description="Denoising steps for each clip")
    guidance: float = Field(default=6.0, ge=0.0, description="Guidance scale; 1 leaves the unguided half out")
    schedule: GuidanceSchedule = Field(default="pam", description="'pam' reproduces the published guidance exactly")
    base: Path | None = Field(
        default=None, description="Folder with CogVideoX-5b-I2V in diffusers' layout", json_schema_extra=CONTENT_PATH
    )
    weights: Path | None = Field(
        default=None,
        description="One of PAM's published folders, such as dexycb_all_cond, or a branch file trained here",
        json_schema_extra=CONTENT_PATH,
    )


class SvdVideo(_Video):
    """A baseline of Table 6: Stable Video Diffusion with a control branch, trained here."""

    model: Literal["svd"] = Field(
        default="svd", description="Stable Video Diffusion with a control branch over one condition or several"
    )
    weights: Path | None = Field(
        default=None, description="Folder or file that training wrote", json_schema_extra=CONTENT_PATH
    )
    autoencoder: Path | None = Field(
        default=None, description="Folder of its autoencoder; empty: the demo's", json_schema_extra=CONTENT_PATH
    )


VideoConfig = Annotated[DemoVideo | CogVideoXVideo | SvdVideo, Field(discriminator="model")]
