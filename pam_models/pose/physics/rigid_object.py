"""What the physics grasps: a mesh for pictures, convex parts for collisions, a mass, and how it rests on the table."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy.spatial.transform import Rotation

from pam_models.pose.convex_solid import ConvexSolid
from pam_models.pose.physics.shapes import ConvexPart
from pam_models.pose.trajectory import ObjectMesh

IDENTITY = (1.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class RigidObject:
    """One object in its own frame, metres and kilograms.

    `rest_height_m` and `rest_quat` (wxyz) are where its origin is above the table, and how it is turned, at rest;
    `centre_m` is its centre of mass; `solid` is what counts as its inside where the mesh has none of its own; `notes`
    say what a reader of its trajectories should know.
    """

    mesh: ObjectMesh
    parts: tuple[ConvexPart, ...]
    mass_kg: float
    rest_height_m: float
    rest_quat: tuple[float, float, float, float] = IDENTITY
    centre_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    notes: tuple[str, ...] = ()
    solid: ConvexSolid | None = None

    def resting_vertices_m(self) -> Float64[np.ndarray, "V 3"]:
        """The mesh's vertices in the world, as the object rests on the table above the world's origin."""
        vertices = self.mesh.vertices_m.astype(np.float64)
        if self.rest_quat != IDENTITY:
            vertices = vertices @ Rotation.from_quat(self.rest_quat, scalar_first=True).as_matrix().T
        placed: Float64[np.ndarray, "V 3"] = vertices + np.array([0.0, 0.0, self.rest_height_m])
        return placed
