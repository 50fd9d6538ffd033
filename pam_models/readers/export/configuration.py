"""What an export is told: one model for each layout."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class _Options(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SimpleHandOptions(_Options):
    """SimpleHand's (FreiHAND's) layout: X.jpg, X.json and a list of paths."""

    layout: Literal["simplehand"] = Field(default="simplehand", description="SimpleHand: jpg, sidecar json, list")
    quality: int = Field(default=95, ge=95, le=100, description="JPEG quality, in percent")
    min_joints: int = Field(
        default=9, ge=2, le=21, description="Frames with fewer joints inside the picture are left out"
    )
    repeat: bool = Field(
        default=True,
        description="Repeat a train list of up to 8160 pictures until the official trainer's epoch of 256 batches fits",
    )
    list_prefix: str | None = Field(
        default=None, description="What stands before the names in the lists; empty: the destination's own path"
    )


class DexYcbOptions(_Options):
    """DexYCB's tree, one camera for each clip."""

    layout: Literal["dexycb"] = Field(default="dexycb", description="DexYCB: colour, depth, labels, calibration")
    quality: int = Field(default=95, ge=50, le=100, description="JPEG quality, in percent")
    resize: bool = Field(default=True, description="Stretch pictures to DexYCB's 640x480 pixels; K goes with them")


class HamerOptions(_Options):
    """HaMeR's training data."""

    layout: Literal["hamer"] = Field(default="hamer", description="HaMeR: tar shards for training or an npz")
    files: Literal["tar", "npz"] = Field(
        default="tar", description="'tar': WebDataset shards for training; 'npz': pictures and one npz for ImageDataset"
    )
    quality: int = Field(default=95, ge=50, le=100, description="JPEG quality, in percent")
    clips_per_tar: int = Field(default=20, ge=1, description="Clips in one shard")


class PamSimOptions(_Options):
    """The folders that the official PAM repository reads in its simulator mode."""

    layout: Literal["pam-sim"] = Field(default="pam-sim", description="PAM: rendered PNGs and five MP4s for each clip")
    width: int = Field(default=640, ge=16, multiple_of=2, description="Picture width, in pixels")
    height: int = Field(default=480, ge=16, multiple_of=2, description="Picture height, in pixels")
    fps: float = Field(default=15.0, gt=0, description="Rate written into the MP4s, in frames per second")


class GraspXlOptions(_Options):
    """GraspXL's recordings, one for each trajectory."""

    layout: Literal["graspxl"] = Field(default="graspxl", description="GraspXL: npy recordings and object meshes")


class WebDatasetOptions(_Options):
    """Tar shards of pictures and labels."""

    layout: Literal["webdataset"] = Field(default="webdataset", description="WebDataset: tar shards of jpg and json")
    quality: int = Field(default=95, ge=50, le=100, description="JPEG quality, in percent")
    clips_per_tar: int = Field(default=20, ge=1, description="Clips in one shard")
    vertices: bool = Field(default=False, description="Whether labels hold the hand's surface")


ExportOptions = Annotated[
    SimpleHandOptions | DexYcbOptions | HamerOptions | PamSimOptions | GraspXlOptions | WebDatasetOptions,
    Field(discriminator="layout"),
]
LAYOUTS = ("simplehand", "dexycb", "hamer", "pam-sim", "graspxl", "webdataset")
OPTIONS: TypeAdapter[ExportOptions] = TypeAdapter(ExportOptions)
