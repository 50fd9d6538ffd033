"""Condition maps: what hand and object look like to the camera, as numbers."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32, Int, UInt8
from numba import njit
from numpy.typing import NDArray

from pam_models.conditions.camera import Camera, project_camera_points
from pam_models.conditions.palette import HAND_LABEL
from pam_models.conditions.rasterise import rasterise_frames
from pam_models.conditions.surface import barycentrics, corner_normals, vertex_normals

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
U8 = NDArray[np.uint8]

# A joint lies inside the flesh: so much surface in front of it is its own. The wrist is the thickest place.
OCCLUSION_TOLERANCE_M = 0.018
WRIST_TOLERANCE_M = 0.03


@dataclass(frozen=True)
class SecondJoints:
    """Joints of a second hand, as those of the first in ConditionMaps."""

    joints_px: Float32[np.ndarray, "T 21 2"]
    joints_cam_m: Float32[np.ndarray, "T 21 3"]
    joint_visible: Bool[np.ndarray, "T 21"]


@dataclass(frozen=True)
class ConditionMaps:
    """What each frame shows.

    depth: metres, 0 = nothing. labels: 0 background, 1..21 object class, 255 hand, 254 second hand. normals: unit,
    camera axes, turned towards the camera, 0 = nothing. joints: OpenPose order; pixel centres are integers, nan behind
    the camera. `second` holds the joints of the second hand where there is one.
    """

    depth_m: Float32[np.ndarray, "T H W"]
    labels: UInt8[np.ndarray, "T H W"]
    normals: Float32[np.ndarray, "T H W 3"]
    joints_px: Float32[np.ndarray, "T 21 2"]
    joints_cam_m: Float32[np.ndarray, "T 21 3"]
    joint_visible: Bool[np.ndarray, "T 21"]
    second: SecondJoints | None = None


@dataclass(frozen=True)
class SceneMesh:
    """Hand and object as one mesh in camera axes; the first `hand_faces` faces are the hand's."""

    vertices_cam: Float32[np.ndarray, "T V 3"]
    faces: Int[np.ndarray, "F 3"]
    hand_faces: int
    hand_normals_cam: Float32[np.ndarray, "T Vh 3"]
    object_normals: Float32[np.ndarray, "Fo 3 3"]
    object_rotation_cam: Float32[np.ndarray, "T 3 3"]


def render_maps(
    hand_vertices_world: Float[np.ndarray, "T Vh 3"],
    hand_faces: Int[np.ndarray, "Fh 3"],
    joints_world: Float[np.ndarray, "T 21 3"],
    object_vertices: Float[np.ndarray, "Vo 3"],
    object_faces: Int[np.ndarray, "Fo 3"],
    object_T_world: Float[np.ndarray, "T 4 4"],
    object_class: int,
    camera: Camera,
) -> ConditionMaps:
    """Maps of T frames, for an object of the given class at the given poses.

    A joint is visible where `joints_seen` says so. Raises ValueError on an object class outside 1..21 and on shapes
    that do not fit.
    """
    if not 1 <= object_class <= 21:
        raise ValueError(f"object class must be one of the palette's 1..21, got {object_class}")
    mesh = scene_mesh(hand_vertices_world, hand_faces, object_vertices, object_faces, object_T_world, camera)
    zbuffer = rasterise_frames(mesh.vertices_cam, mesh.faces, camera.K, camera.height, camera.width)
    labels = np.zeros(zbuffer.face_id.shape, np.uint8)
    normals = np.zeros((*zbuffer.face_id.shape, 3), np.float32)
    _label_and_normals(
        zbuffer.depth_m, zbuffer.face_id, np.linalg.inv(camera.K.astype(np.float64)), mesh.vertices_cam, mesh.faces,
        mesh.hand_faces, mesh.hand_normals_cam, mesh.object_normals, mesh.object_rotation_cam, object_class, labels,
        normals,
    )  # fmt: skip
    joints_cam = camera.to_camera(joints_world)
    joints_px = project_camera_points(joints_cam, camera.K)
    visible = joints_seen(joints_px, joints_cam[..., 2], zbuffer.depth_m)
    return ConditionMaps(zbuffer.depth_m, labels, normals, joints_px, joints_cam, visible)


def scene_mesh(
    hand_vertices_world: Float[np.ndarray, "T Vh 3"],
    hand_faces: Int[np.ndarray, "Fh 3"],
    object_vertices: Float[np.ndarray, "Vo 3"],
    object_faces: Int[np.ndarray, "Fo 3"],
    object_T_world: Float[np.ndarray, "T 4 4"],
    camera: Camera,
) -> SceneMesh:
    """Hand and posed object as one mesh in camera axes. Raises ValueError where the numbers of frames differ."""
    poses = np.asarray(object_T_world, np.float64)
    if len(hand_vertices_world) != len(poses):
        raise ValueError(f"{len(hand_vertices_world)} frames of hand vertices but {len(poses)} object poses")
    hand_cam = camera.to_camera(hand_vertices_world)
    object_world = np.asarray(object_vertices, np.float64) @ poses[:, :3, :3].transpose(0, 2, 1) + poses[:, None, :3, 3]
    vertices = np.concatenate([hand_cam, camera.to_camera(object_world)], axis=1)
    faces = np.concatenate([np.asarray(hand_faces), np.asarray(object_faces) + hand_cam.shape[1]]).astype(np.int32)
    rotation = np.swapaxes(camera.T_world_cam[..., :3, :3].astype(np.float64), -1, -2) @ poses[:, :3, :3]
    return SceneMesh(
        vertices,
        faces,
        len(hand_faces),
        vertex_normals(hand_cam, hand_faces),
        corner_normals(object_vertices, object_faces),
        rotation.astype(np.float32),
    )


def joints_seen(
    joints_px: Float[np.ndarray, "T J 2"], joint_depth_m: Float[np.ndarray, "T J"], depth_m: Float[np.ndarray, "T H W"]
) -> Bool[np.ndarray, "T J"]:
    """Whether each joint lies in the picture, before the camera, and not further behind the surface than its own flesh.

    Joint 0 is the wrist.
    """
    height, width = depth_m.shape[1:]
    with np.errstate(invalid="ignore"):
        pixel = np.rint(joints_px)
        inside = (pixel >= 0).all(-1) & (pixel[..., 0] < width) & (pixel[..., 1] < height) & (joint_depth_m > 0)
    column = np.where(inside, pixel[..., 0], 0).astype(np.int64)
    row = np.where(inside, pixel[..., 1], 0).astype(np.int64)
    surface = depth_m[np.arange(len(depth_m))[:, None], row, column]
    flesh_m = np.full(joint_depth_m.shape[1], OCCLUSION_TOLERANCE_M)
    flesh_m[0] = WRIST_TOLERANCE_M
    seen: Bool[np.ndarray, "T J"] = inside & ((surface == 0) | (joint_depth_m <= surface + flesh_m))
    return seen


@njit(cache=True, nogil=True)
def _label_and_normals(
    depth: F32, face_id: I32, K_inverse: F64, vertices: F32, faces: I32, hand_faces: int,
    hand_normals: F32, object_normals: F32, object_rotation: F32, object_class: int, labels: U8, normals: F32,
) -> None:  # fmt: skip
    for t in range(depth.shape[0]):
        points, hand, rotation = vertices[t], hand_normals[t], object_rotation[t]
        for v in range(depth.shape[1]):
            for u in range(depth.shape[2]):
                f = face_id[t, v, u]
                if f < 0:
                    continue
                labels[t, v, u] = HAND_LABEL if f < hand_faces else object_class
                z = depth[t, v, u]
                x = z * (K_inverse[0, 0] * u + K_inverse[0, 1] * v + K_inverse[0, 2])
                y = z * (K_inverse[1, 1] * v + K_inverse[1, 2])
                weights = barycentrics(points, faces[f, 0], faces[f, 1], faces[f, 2], x, y, z)
                nx, ny, nz = pixel_normal(x, y, z, weights, faces, f, hand_faces, hand, object_normals, rotation)
                normals[t, v, u, 0], normals[t, v, u, 1], normals[t, v, u, 2] = nx, ny, nz


@njit(cache=True, nogil=True)
def pixel_normal(
    x: float, y: float, z: float, weights: tuple[float, float, float], faces: I32, f: int, hand_faces: int,
    hand: F32, thing: F32, rotation: F32,
) -> tuple[float, float, float]:  # fmt: skip
    """Unit normal, camera axes, towards the camera, at the point (x, y, z) of face `f`.

    Normals: `hand` (Vh, 3) in camera axes, `thing` (Fo, 3, 3) in object axes, which `rotation` turns into camera axes.
    """
    wa, wb, wc = weights
    if f < hand_faces:
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        nx = wa * hand[a, 0] + wb * hand[b, 0] + wc * hand[c, 0]
        ny = wa * hand[a, 1] + wb * hand[b, 1] + wc * hand[c, 1]
        nz = wa * hand[a, 2] + wb * hand[b, 2] + wc * hand[c, 2]
    else:
        g = f - hand_faces
        ox = wa * thing[g, 0, 0] + wb * thing[g, 1, 0] + wc * thing[g, 2, 0]
        oy = wa * thing[g, 0, 1] + wb * thing[g, 1, 1] + wc * thing[g, 2, 1]
        oz = wa * thing[g, 0, 2] + wb * thing[g, 1, 2] + wc * thing[g, 2, 2]
        nx = rotation[0, 0] * ox + rotation[0, 1] * oy + rotation[0, 2] * oz
        ny = rotation[1, 0] * ox + rotation[1, 1] * oy + rotation[1, 2] * oz
        nz = rotation[2, 0] * ox + rotation[2, 1] * oy + rotation[2, 2] * oz
    length = np.sqrt(nx * nx + ny * ny + nz * nz)
    if length == 0:
        return 0.0, 0.0, 0.0
    sign = -1.0 if nx * x + ny * y + nz * z > 0 else 1.0
    return sign * nx / length, sign * ny / length, sign * nz / length
