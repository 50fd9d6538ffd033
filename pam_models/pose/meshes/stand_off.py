"""Takes back what convex parts stand off their mesh, because they were cut out of a coarser one."""

import numpy as np
from jaxtyping import Float64, Int32
from scipy.spatial import cKDTree

from pam_models.pose.signed_distance import signed_distance

# The coarse manifold stands off the mesh by up to this share of the mesh's diagonal.
_STAND_OFF = 0.04
_SAMPLES = 20_000


def drawn_in(
    points: Float64[np.ndarray, "N 3"], vertices: Float64[np.ndarray, "V 3"], faces: Int32[np.ndarray, "F 3"]
) -> Float64[np.ndarray, "N 3"]:
    """Points just outside the mesh, moved onto its surface; others, such as those on cuts between parts, stay."""
    rng = np.random.default_rng(0)
    corners = vertices[faces]
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    chosen = corners[rng.choice(len(faces), _SAMPLES, p=areas / areas.sum())]
    root, share = np.sqrt(rng.random((_SAMPLES, 1))), rng.random((_SAMPLES, 1))
    sampled = (1 - root) * chosen[:, 0] + root * (1 - share) * chosen[:, 1] + root * share * chosen[:, 2]
    surface = np.concatenate([sampled, vertices])
    gaps, nearest = cKDTree(surface).query(points)
    reach = _STAND_OFF * float(np.linalg.norm(np.ptp(vertices, axis=0)))
    outside = signed_distance(points, vertices, faces, reach_m=reach) > 0.0
    return np.where((outside & (gaps < reach))[:, None], surface[nearest], points)
