"""What the simulation grasps: procedural objects, or the user's own meshes."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from tasks.config.base import SPEED_ONLY, ConfigModel, content_of

MESH_FILES = tuple(f"**/*.{suffix}" for name in ("glb", "obj", "ply", "stl") for suffix in (name, name.upper()))


class ProceduralObjectsConfig(ConfigModel):
    """Everyday things of random size that the project makes itself."""

    kind: Literal["procedural"] = Field(default="procedural", description="Objects that the project makes itself")
    names: tuple[str, ...] | None = Field(
        default=None, min_length=1, description="Kinds of objects to grasp, taken in turn; empty: all of them"
    )


class MeshObjectsConfig(ConfigModel):
    """A folder of the user's meshes. Units and axes are stated, never guessed."""

    kind: Literal["meshes"] = Field(default="meshes", description="A folder of your own meshes")
    path: Path = Field(
        description="Folder of OBJ, PLY, GLB and STL files, searched with its subfolders",
        json_schema_extra=content_of(*MESH_FILES),
    )
    units: Literal["m", "cm", "mm", "in"] = Field(description="Unit of length in the files")
    up: Literal["x", "y", "z", "-x", "-y", "-z"] = Field(description="Axis of the files that points up")
    scale_to_m: float | None = Field(
        default=None,
        ge=0.02,
        le=0.5,
        description="Length in metres to give the longest side of every mesh; empty: none",
    )
    names: tuple[str, ...] | None = Field(
        default=None, min_length=1, description="Paths below the folder without suffix, taken in turn; empty: all"
    )
    density_kg_m3: float = Field(
        default=400.0, gt=0.0, le=20000.0, description="Density in kg/m^3; masses are kept within 0.03 to 0.5 kg"
    )
    licence: str = Field(default="unstated", min_length=1, description="Licence of the meshes, as rows are to name it")
    decompose_s: int = Field(
        default=120,
        ge=1,
        description="Processor seconds that splitting one mesh into convex parts may take",
        json_schema_extra=SPEED_ONLY,
    )


ObjectsConfig = Annotated[ProceduralObjectsConfig | MeshObjectsConfig, Field(discriminator="kind")]
