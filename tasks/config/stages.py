"""What each step of a build makes: sources, models, counts and strengths, as frozen pydantic models."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from tasks.config.base import CONTENT_PATH, SPEED_ONLY, ConfigModel, content_of

GuidanceSchedule = Literal["constant", "dynamic", "pam"]


class ImageConfig(ConfigModel):
    """Size of every picture and clip."""

    width: int = Field(
        default=144, ge=16, le=4096, multiple_of=16, description="Width of every picture, in pixels; a multiple of 16"
    )
    height: int = Field(
        default=96, ge=16, le=4096, multiple_of=16, description="Height of every picture, in pixels; a multiple of 16"
    )


class HandConfig(ConfigModel):
    """Which hand model is skinned."""

    model: Literal["free", "mano"] = Field(
        default="free",
        description="'free': the project's own hand; 'mano': your own MANO files (giving mano_dir is enough)",
    )
    mano_dir: Path | None = Field(
        default=None,
        description="Folder with MANO_RIGHT.pkl and MANO_LEFT.pkl (from mano.is.tue.mpg.de, under MANO's licence)",
        json_schema_extra=CONTENT_PATH,
    )

    @model_validator(mode="before")
    @classmethod
    def _folder_means_mano(cls, values: Any) -> Any:  # noqa: ANN401  pydantic's hook takes any input
        if isinstance(values, dict) and values.get("mano_dir") is not None and "model" not in values:
            return {**values, "model": "mano"}
        return values


class PhysicsPose(ConfigModel):
    """Trajectories out of a physics simulation of a hand that grasps and lifts."""

    source: Literal["physics"] = Field(default="physics", description="Where motion comes from: a simulation in MuJoCo")
    trajectories: int = Field(default=2, ge=1, description="How many trajectories to make")
    objects: tuple[str, ...] | None = Field(
        default=None,
        min_length=1,
        description="Names of the procedural objects to grasp, taken in turn; empty: all of them",
    )
    grasp_candidates: int = Field(
        default=8, ge=1, le=256, description="How many grasps are simulated in each round of the search for a good one"
    )


class GraspxlPose(ConfigModel):
    """Trajectories out of GraspXL recordings."""

    source: Literal["graspxl"] = Field(
        default="graspxl", description="Where motion comes from: GraspXL recordings on disk"
    )
    path: Path = Field(description="Folder of GraspXL recordings", json_schema_extra=CONTENT_PATH)
    trajectories: int | None = Field(
        default=None, ge=1, description="How many recordings to use; empty: all that are there"
    )


class DexycbPose(ConfigModel):
    """Trajectories out of DexYCB's recordings, each as one of its eight cameras saw it. Needs hand.mano_dir."""

    source: Literal["dexycb"] = Field(default="dexycb", description="Where motion comes from: DexYCB on disk")
    path: Path = Field(
        description="DexYCB's folder, with calibration, models and the subjects' recordings",
        json_schema_extra=content_of(
            "calibration/*/*.yml", "models/*/textured_simple.obj", "*/*/meta.yml", "*/*/pose.npz"
        ),
    )
    setup: Literal["s0", "s1", "s2", "s3"] = Field(
        default="s0", description="What is new in the test split: s0 nothing, s1 subjects, s2 views, s3 objects"
    )
    split: Literal["train", "val", "test"] = Field(default="train", description="Which recordings and cameras are used")
    trajectories: int | None = Field(
        default=None, ge=1, description="How many pairs of recording and camera to use; empty: all of the split"
    )


class Oakink2Pose(ConfigModel):
    """Trajectories out of OakInk2's recordings, with both hands. Needs hand.mano_dir."""

    source: Literal["oakink2"] = Field(default="oakink2", description="Where motion comes from: OakInk2 on disk")
    path: Path = Field(
        description="OakInk2's folder, with anno_preview and the objects' meshes",
        json_schema_extra=content_of("anno_preview/*.pkl", "object_*/obj_desc.json", "object_*/align_ds/*/*"),
    )
    side: Literal["right", "left"] = Field(
        default="right", description="The hand that a trajectory is about; the other one is its second hand"
    )
    cameras: tuple[str, ...] = Field(
        default=("allocentric_top", "allocentric_left", "allocentric_right", "egocentric"),
        min_length=1,
        description="Names of the cameras to use",
    )
    clips_per_recording: int = Field(
        default=1, ge=1, description="Clips of each recording and camera, spread evenly over it"
    )
    up_axis: Literal["y", "z"] = Field(default="z", description="Axis of the recordings' world that points up")
    trajectories: int | None = Field(default=None, ge=1, description="How many clips to use; empty: all")


RecordedPose = GraspxlPose | DexycbPose | Oakink2Pose
PoseConfig = Annotated[PhysicsPose | RecordedPose, Field(discriminator="source")]


class _Appearance(ConfigModel):
    candidates: int = Field(default=30, ge=1, description="First-frame pictures for each trajectory")
    steps: int = Field(default=12, ge=1, le=1000, description="Denoising steps for each picture")
    guidance: float = Field(default=4.0, ge=0.0, description="Embedded guidance; the demo was trained at 4 alone")
    batch_size: int = Field(default=10, ge=1, description="Pictures in one batch", json_schema_extra=SPEED_ONLY)


class DemoAppearance(_Appearance):
    """The small picture model that ships with the project."""

    model: Literal["demo"] = Field(default="demo", description="The small model that ships with the project")


class FluxAppearance(_Appearance):
    """FLUX.1-dev with two control branches."""

    model: Literal["flux"] = Field(default="flux", description="FLUX.1-dev with two control branches, as in the paper")
    steps: int = Field(default=28, ge=1, le=1000, description="Denoising steps for each picture")
    guidance: float = Field(default=4.0, ge=0.0, description="FLUX's distilled guidance")
    base: Path | None = Field(
        default=None, description="Folder with FLUX.1-dev in diffusers' layout", json_schema_extra=CONTENT_PATH
    )
    weights: Path | None = Field(
        default=None,
        description="PAM's published appearance_gen folder, with controlnet.bin",
        json_schema_extra=CONTENT_PATH,
    )


AppearanceConfig = Annotated[DemoAppearance | FluxAppearance, Field(discriminator="model")]


class CompactEstimatorConfig(ConfigModel):
    """The project's own hand-pose estimator."""

    name: Literal["compact"] = Field(default="compact", description="The small estimator that ships with the project")
    batch_size: int = Field(default=64, ge=1, description="Pictures in one batch", json_schema_extra=SPEED_ONLY)


class HamerEstimatorConfig(ConfigModel):
    """HaMeR, from the user's own checkpoint."""

    name: Literal["hamer"] = Field(
        default="hamer", description="HaMeR, as in the paper (extra 'hamer', your own checkpoint)"
    )
    checkpoint: Path | None = Field(
        default=None,
        description="Folder with HaMeR's checkpoint and model configuration",
        json_schema_extra=CONTENT_PATH,
    )
    batch_size: int = Field(default=49, ge=1, description="Pictures in one batch", json_schema_extra=SPEED_ONLY)


EstimatorConfig = Annotated[CompactEstimatorConfig | HamerEstimatorConfig, Field(discriminator="name")]


class SelectRule(ConfigModel):
    """How many of the worst are dropped, and among whom they are ranked."""

    drop_fraction: float = Field(
        default=0.25, ge=0.0, lt=1.0, description="Share of the worst that is dropped, rounded down to whole items"
    )
    scope: Literal["build", "input"] = Field(
        default="build", description="'build': one ranking over everything; 'input': one ranking for each trajectory"
    )
    threshold_mm: float | None = Field(
        default=None,
        gt=0.0,
        description="Keep everything at or below this error, in millimetres, instead of dropping a share: a cut that "
        "does not wait for the other items; empty: the share decides",
    )


class SelectConfig(ConfigModel):
    """The cuts after scoring."""

    candidates: SelectRule = Field(default=SelectRule(), description="Cut over first-frame candidates")
    clips: SelectRule | None = Field(default=None, description="Cut over finished clips; empty: every clip is kept")


class ConditionStrengths(ConfigModel):
    """How strongly each condition drives the video model; 0 leaves the condition out."""

    depth: float = Field(default=1.0, ge=0.0, le=2.0, description="Strength of the depth video")
    segmentation: float = Field(default=1.0, ge=0.0, le=2.0, description="Strength of the segmentation video")
    keypoints: float = Field(default=1.0, ge=0.0, le=2.0, description="Strength of the hand skeleton video")


class _Video(ConfigModel):
    clips_per_trajectory: int | None = Field(
        default=1, ge=1, description="How many kept candidates become clips, best first; empty: all of them"
    )
    steps: int = Field(default=20, ge=1, le=1000, description="Denoising steps for each clip")
    guidance: float = Field(default=1.0, ge=0.0, description="Guidance scale; 1 leaves the unguided half out")
    schedule: GuidanceSchedule = Field(default="constant", description="How guidance changes over the steps")
    strengths: ConditionStrengths = Field(default=ConditionStrengths(), description="Strength of each condition video")
    batch_size: int = Field(default=1, ge=1, description="Clips in one batch", json_schema_extra=SPEED_ONLY)


class DemoVideo(_Video):
    """The small video model that ships with the project."""

    model: Literal["demo"] = Field(default="demo", description="The small model that ships with the project")


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
        description="One of PAM's published folders, such as dexycb_all_cond",
        json_schema_extra=CONTENT_PATH,
    )


VideoConfig = Annotated[DemoVideo | CogVideoXVideo, Field(discriminator="model")]
