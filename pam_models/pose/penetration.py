"""How far and with how much of its surface a hand stands inside an object."""

import numpy as np
from jaxtyping import Bool, Float, Float64, Int

from pam_models.pose.convex_solid import ConvexSolid
from pam_models.pose.signed_distance import signed_distance

CONTACT_M = 0.002


def contact_depths(
    hand_vertices_m: Float[np.ndarray, "T Vh 3"],
    object_vertices_m: Float[np.ndarray, "Vo 3"],
    object_faces: Int[np.ndarray, "F 3"],
    object_T_world: Float[np.ndarray, "T 4 4"],
    solid: ConvexSolid | None = None,
) -> tuple[Float64[np.ndarray, " T"], Bool[np.ndarray, " T"]]:
    """Per frame: depth in metres of the deepest hand vertex inside the object (0 outside), and whether any is within 2
    mm.
    """
    nearest = surface_gaps(hand_vertices_m, object_vertices_m, object_faces, object_T_world, solid).min(axis=1)
    return np.maximum(-nearest, 0.0), nearest < CONTACT_M


def surface_gaps(
    hand_vertices_m: Float[np.ndarray, "T Vh 3"],
    object_vertices_m: Float[np.ndarray, "Vo 3"],
    object_faces: Int[np.ndarray, "F 3"],
    object_T_world: Float[np.ndarray, "T 4 4"],
    solid: ConvexSolid | None = None,
) -> Float64[np.ndarray, "T Vh"]:
    """Signed distance in metres of every hand vertex to the object, negative inside, +inf further than 2 mm away.

    With `solid`, only what is inside it as well counts as inside, as deep as it is in either: for meshes with holes,
    around which the winding number sees an inside where there is none.

    Raises ValueError for an empty mesh.
    """
    rotation, shift = object_T_world[:, :3, :3], object_T_world[:, :3, 3]
    local = np.einsum("tij,tvi->tvj", rotation, hand_vertices_m - shift[:, None])
    flat = signed_distance(local.reshape(-1, 3), object_vertices_m, object_faces, reach_m=CONTACT_M)
    if solid is not None:
        inside = np.flatnonzero(flat < 0.0)
        depth = np.minimum(-flat[inside], solid.depths_m(local.reshape(-1, 3)[inside]))
        flat[inside] = np.where(depth > 0.0, -depth, -flat[inside])
    return flat.reshape(local.shape[:2])


def penetration_volumes_cm3(
    gaps_m: Float64[np.ndarray, "T Vh"],
    hand_vertices_m: Float[np.ndarray, "T Vh 3"],
    hand_faces: Int[np.ndarray, "F 3"],
) -> Float64[np.ndarray, " T"]:
    """Volume per frame that hand and object share, in cubic centimetres: depth integrated over the hand's surface that
    is inside. Exact for a flat contact; it leaves out the depth's slope, which counts only where a hand is deep inside.
    """
    corners = hand_vertices_m[0].astype(np.float64)[hand_faces]
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 2
    share = np.zeros(hand_vertices_m.shape[1])
    np.add.at(share, hand_faces.ravel(), np.repeat(areas / 3, 3))
    volumes: Float64[np.ndarray, " T"] = np.maximum(-gaps_m, 0.0) @ share * 1e6
    return volumes
