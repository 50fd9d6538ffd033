"""Where training data comes from: simulated, a build's snapshot, or a recorded dataset of the user's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag


class _Data(BaseModel):
    """What every kind of data has. Frames of other sizes are resized, and K with them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = 0
    height: int = Field(default=96, gt=0, multiple_of=8, description="pixels")
    width: int = Field(default=144, gt=0, multiple_of=8, description="pixels")
    frames: int = Field(default=49, gt=0, description="frames of a clip; 1 more than a multiple of 4")
    conditions: tuple[str, ...] = ("depth", "segmentation", "keypoints", "normal")
    held_out_one_in: int = Field(default=12, gt=1, description="one scene in so many is never trained on")
    pictures_per_block: int = Field(default=128, gt=0)

    @property
    def clip_source(self) -> str:
        """The scenes whose clips the motion model learns from, as the names of their blocks have it."""
        return str(getattr(self, "kind", ""))


class SimulatedData(_Data):
    """Scenes that the project simulates and renders."""

    kind: Literal["simulated"] = "simulated"
    physics_scenes: int = Field(gt=0)
    physics_requests: int = Field(gt=0, description="rollouts tried at most; some are rejected")
    clips_per_scene: int = Field(gt=0, description="cameras and styles per physics scene")
    kinematic_scenes: int = Field(gt=0)
    pictures: int = Field(gt=0, description="single pictures, each its own scene moment, camera and style")
    picture_hand_absent: float = Field(default=0.08, ge=0, le=1)
    picture_kinematic: float = Field(
        default=0.4, ge=0, le=1, description="share of pictures with free random hand poses"
    )

    @property
    def clip_source(self) -> str:
        """Grasps: kinematic scenes have no contact to learn from."""
        return "physics"


class SnapshotData(_Data):
    """The clips of a published build in any store: its `video`, `pose` and `samples` tables.

    Whole trajectories are held out, by their ids, so that no later run can mix them.
    """

    kind: Literal["snapshot"] = "snapshot"
    store: str = Field(description="where the build lies: a folder, or s3://bucket/prefix")
    build: str = Field(description="the build's id")
    pictures_per_clip: int = Field(default=7, gt=0, description="frames of a clip that become single pictures")


class RecordedData(_Data):
    """A recorded dataset of the user's, read into the canonical form (formats.md sections 2 and 3)."""

    kind: Literal["dexycb", "oakink2"]
    path: Path = Field(description="the dataset's folder")
    mano_dir: Path = Field(description="the user's MANO files: recorded poses have no meaning without them")
    clips: int | None = Field(default=None, gt=0, description="recordings to read at most; None for all")
    prompt: str = Field(default="A hand is grasping something.", description="where a recording has no words")
    pictures_per_clip: int = Field(default=7, gt=0, description="frames of a clip that become single pictures")


def _kind(value: Any) -> str:  # noqa: ANN401  (what YAML held, or a model)
    kind = value.get("kind", "simulated") if isinstance(value, dict) else getattr(value, "kind", "simulated")
    return "recorded" if kind in {"dexycb", "oakink2"} else str(kind)


DataRecipe = Annotated[
    Annotated[SimulatedData, Tag("simulated")]
    | Annotated[SnapshotData, Tag("snapshot")]
    | Annotated[RecordedData, Tag("recorded")],
    Discriminator(_kind),
]
"""`kind` chooses; without one the data is simulated."""
