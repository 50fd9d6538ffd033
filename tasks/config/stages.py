"""What each step of a build makes: sources, models, counts and strengths, as frozen pydantic models."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from tasks.config.base import CONTENT_PATH, SPEED_ONLY, ConfigModel, content_of
from tasks.config.gate import GateConfig, SimulatedGateConfig
from tasks.config.objects import MESH_FILES, ObjectsConfig, ProceduralObjectsConfig


class ImageConfig(ConfigModel):
    """Size of every picture and clip."""

    width: int = Field(
        default=144, ge=16, le=4096, multiple_of=16, description="Width of every picture, in pixels; a multiple of 16"
    )
    height: int = Field(
        default=96, ge=16, le=4096, multiple_of=16, description="Height of every picture, in pixels; a multiple of 16"
    )
    camera_width: int | None = Field(
        default=None,
        ge=16,
        le=4096,
        description="Width of the picture that cameras take, in pixels, before it is stretched to `width` and K with "
        "it: 640 for the published weights, which saw 640x480 as 720x480; empty: `width`, nothing is stretched",
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
    objects: ObjectsConfig = Field(default=ProceduralObjectsConfig(), description="What is grasped, taken in turn")
    grasp_candidates: int = Field(
        default=8, ge=1, le=256, description="How many grasps are simulated in each round of the search for a good one"
    )
    gate: SimulatedGateConfig = Field(
        default=SimulatedGateConfig(), description="Which simulated trajectories are kept"
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
    gate: GateConfig = Field(
        default=GateConfig(), description="Which recordings are kept; by default all that can be read"
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
    gate: GateConfig = Field(
        default=GateConfig(), description="Which recordings are kept; by default all that can be read"
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
    gate: GateConfig = Field(
        default=GateConfig(), description="Which recordings are kept; by default all that can be read"
    )


class DgraspPose(ConfigModel):
    """Trajectories out of D-Grasp's labels: static grasps, animated by the simulation."""

    source: Literal["dgrasp"] = Field(default="dgrasp", description="Where motion comes from: D-Grasp's labels on disk")
    path: Path = Field(
        description="Folder with dexycb_train_labels.pkl and dexycb_test_labels.pkl",
        json_schema_extra=content_of("dexycb_*_labels.pkl"),
    )
    split: Literal["train", "test"] = Field(default="train", description="Which of the two label files is used")
    meshes: Path = Field(
        description="Folder of the labels' YCB meshes, such as DexYCB's models: 002_master_chef_can/...",
        json_schema_extra=content_of(*MESH_FILES),
    )
    units: Literal["m", "cm", "mm", "in"] = Field(default="m", description="Unit of length of the meshes")
    grasp_candidates: int = Field(
        default=8, ge=1, le=256, description="How many variations of a label are simulated in each round"
    )
    trajectories: int | None = Field(default=None, ge=1, description="How many labels to use; empty: all of the file")
    gate: SimulatedGateConfig = Field(
        default=SimulatedGateConfig(), description="Which simulated trajectories are kept"
    )


RecordedPose = GraspxlPose | DexycbPose | Oakink2Pose
PoseConfig = Annotated[PhysicsPose | RecordedPose | DgraspPose, Field(discriminator="source")]


class CompactEstimatorConfig(ConfigModel):
    """The project's own hand-pose estimator."""

    name: Literal["compact"] = Field(default="compact", description="The small estimator that ships with the project")
    batch_size: int = Field(default=64, ge=1, description="Pictures in one batch", json_schema_extra=SPEED_ONLY)


class _RegressorConfig(ConfigModel):
    """What HaMeR and WiLoR share: the user's own folder, and the crops of a batch."""

    path: Path | None = Field(
        default=None,
        description="Folder with the estimator's own files, as its authors lay them out",
        json_schema_extra=CONTENT_PATH,
    )
    batch_size: int = Field(default=49, ge=1, description="Pictures in one batch", json_schema_extra=SPEED_ONLY)


class HamerEstimatorConfig(_RegressorConfig):
    """HaMeR, as in the paper: `path` is its _DATA folder, its package is installed beside, hand.mano_dir is given."""

    name: Literal["hamer"] = Field(default="hamer", description="HaMeR, as in the paper")


class WilorEstimatorConfig(_RegressorConfig):
    """WiLoR: `path` is a checkout with its pretrained_models, on the import path, and hand.mano_dir is given."""

    name: Literal["wilor"] = Field(default="wilor", description="WiLoR")


EstimatorConfig = Annotated[
    CompactEstimatorConfig | HamerEstimatorConfig | WilorEstimatorConfig, Field(discriminator="name")
]


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
