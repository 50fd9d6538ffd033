"""A directory of meshes as objects of the physics."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy.spatial import ConvexHull

from pam_models.pose.convex_solid import convex_solid
from pam_models.pose.meshes.convex import ConvexDecomposer
from pam_models.pose.meshes.placing import MeshPlacing
from pam_models.pose.meshes.reading import MESH_SUFFIXES, read_mesh_file
from pam_models.pose.meshes.resting import settled
from pam_models.pose.physics.rigid_object import RigidObject
from pam_models.pose.physics.shapes import ConvexPart
from pam_models.pose.source import BadInput
from pam_models.pose.trajectory import ObjectMesh

OBJECT_WORD = "object"
CLASSES = 21
MASS_KG = (0.03, 0.5)


@dataclass(frozen=True)
class MeshObjects:
    """Every OBJ, PLY, GLB and STL file below `path`, named by its path without the suffix.

    `chosen` keeps some names only. `density_kg_m3` times the convex parts' volume is the mass, kept within 0.03 to 0.5
    kg, which is what a hand lifts in a pinch. `license_tag` goes into the rows. Messages and notes name files relative
    to `path`, so that rows are the same on every machine.
    """

    path: Path
    placing: MeshPlacing
    decomposer: ConvexDecomposer
    chosen: Sequence[str] | None = None
    density_kg_m3: float = 400.0
    license_tag: str = "user-mesh:unstated"

    def names(self) -> Sequence[str]:
        """Names in sorted order. Raises BadInput for a folder without meshes, or without one that was chosen."""
        files = self._files
        if not files:
            raise BadInput(f"{self.path}: holds no mesh; give a folder with {', '.join(MESH_SUFFIXES)} files")
        if self.chosen is None:
            return list(files)
        missing = [name for name in self.chosen if name not in files]
        if missing or not self.chosen:
            raise BadInput(f"{self.path}: has no mesh named {', '.join(missing) or '(none asked for)'}")
        return list(self.chosen)

    def make(self, name: str, seed: int) -> RigidObject:
        """Read, place, split and put down one mesh, whatever the seed.

        Raises BadInput that names the file and what to set.
        """
        return settled(self.in_the_air(name))

    def in_the_air(self, name: str) -> RigidObject:
        """One mesh that has not been put down: it stands nowhere and is not turned. Raises BadInput as `make` does."""
        if name not in self._files:
            raise BadInput(f"{name}: no such mesh in the folder of meshes")
        try:
            return self._made(name, self._files[name])
        except BadInput as error:
            raise BadInput(str(error).replace(f"{self.path}/", "")) from error

    @cached_property
    def _files(self) -> dict[str, Path]:
        found: dict[str, Path] = {}
        for file in sorted(self.path.rglob("*")):
            if file.suffix.lower() in MESH_SUFFIXES and file.is_file():
                name = file.relative_to(self.path).with_suffix("").as_posix()
                # Two formats of one mesh keep their suffixes, so that names are unique.
                found[name if name not in found else file.relative_to(self.path).as_posix()] = file
        return found

    def _made(self, name: str, file: Path) -> RigidObject:
        read = read_mesh_file(file)
        vertices_m, note = self.placing.place(read, file.relative_to(self.path).as_posix())
        notes = [note]
        if read.open_edges:
            notes.append(f"mesh is not watertight: {read.open_edges} open edges")
        if read.turned:
            notes.append("triangles that faced inward were turned")
        parts = self.decomposer.parts(vertices_m, read.faces, name)
        volume_m3, centre = _filling(parts)
        mesh = ObjectMesh(
            name.rpartition("/")[2],
            OBJECT_WORD,
            1 + zlib.crc32(name.encode()) % CLASSES,
            vertices_m,
            read.faces,
            (self.license_tag,),
        )
        mass = float(np.clip(volume_m3 * self.density_kg_m3, *MASS_KG))
        solid = convex_solid([np.asarray(part.points_m) for part in parts]) if read.open_edges else None
        return RigidObject(mesh, parts, mass, rest_height_m=0.0, centre_m=centre, notes=tuple(notes), solid=solid)


def _filling(parts: tuple[ConvexPart, ...]) -> tuple[float, tuple[float, float, float]]:
    """Volume of convex parts in cubic metres, and their common centre."""
    volumes, centres = [], []
    for part in parts:
        points = np.asarray(part.points_m)
        hull = ConvexHull(points)
        corners = points[hull.simplices] - points.mean(axis=0)
        tetrahedra = np.abs(np.linalg.det(corners)) / 6
        volumes.append(float(hull.volume))
        centres.append(points.mean(axis=0) + tetrahedra @ corners.sum(axis=1) / 4 / tetrahedra.sum())
    weights = np.asarray(volumes)
    x, y, z = (weights @ np.asarray(centres) / weights.sum()).tolist()
    return float(weights.sum()), (x, y, z)
