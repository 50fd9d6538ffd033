"""A simple, plausible picture of a hand and an object on a table: skin, paint, table, wall, soft shadows.

Colours are computed in linear light at twice the picture's size, averaged, and written as sRGB. Everything follows from
the geometry and the style.
"""

import numpy as np
from jaxtyping import Float, Int, UInt8
from numba import njit
from numpy.typing import NDArray

from pam_models.conditions.appearance_style import SceneStyle
from pam_models.conditions.backdrop import Backdrop, render_backdrop
from pam_models.conditions.camera import Camera
from pam_models.conditions.colour import TONE_RANGE, TONE_STEPS, linear, tone_table
from pam_models.conditions.maps import SceneMesh, scene_mesh
from pam_models.conditions.paint import pattern_numbers
from pam_models.conditions.rasterise import rasterise_into
from pam_models.conditions.reflection import shade_meshes, shade_table
from pam_models.conditions.shadows import (
    CONTACT_BLUR_M,
    LightGrid,
    light_grid,
    nearest_to_light,
    table_contact,
    table_heights,
    table_shadow,
)

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

_OVERSAMPLING = 2


def render_rgb(
    hand_vertices_world: Float[np.ndarray, "T Vh 3"],
    hand_faces: Int[np.ndarray, "Fh 3"],
    vertex_tint: Float[np.ndarray, "Vh 3"],
    object_vertices: Float[np.ndarray, "Vo 3"],
    object_faces: Int[np.ndarray, "Fo 3"],
    object_T_world: Float[np.ndarray, "T 4 4"],
    camera: Camera,
    style: SceneStyle,
    table_height_m: float,
) -> UInt8[np.ndarray, "T H W 3"]:
    """T shaded RGB frames. `vertex_tint` multiplies the skin's sRGB colour; the table is the plane z = height.

    Raises ValueError where shapes do not fit.
    """
    if np.shape(vertex_tint) != np.shape(hand_vertices_world)[1:]:
        raise ValueError(
            f"vertex_tint must be {np.shape(hand_vertices_world)[1:]} like the vertices, got {np.shape(vertex_tint)}"
        )
    fine = camera.resized(camera.width * _OVERSAMPLING, camera.height * _OVERSAMPLING)
    mesh = scene_mesh(hand_vertices_world, hand_faces, object_vertices, object_faces, object_T_world, fine)
    return _Renderer(mesh, fine, style, table_height_m, vertex_tint, object_vertices).frames()


class _Renderer:
    """What a clip's frames share: colours, the still backdrop, and the windows of the shadow maps."""

    def __init__(
        self, mesh: SceneMesh, fine: Camera, style: SceneStyle, table_height_m: float, tint: F32, object_vertices: F32
    ) -> None:
        self.mesh, self.fine, self.style = mesh, fine, style
        rotation = fine.T_world_cam[:3, :3].astype(np.float64)
        self.up_cam = rotation[2]
        self.table_offset = table_height_m - float(fine.T_world_cam[2, 3])
        light_cam = np.asarray(style.light_direction, np.float64) @ rotation
        self.light = light_grid(light_cam, mesh.vertices_cam, style.shadow_blur_m)
        self.above = light_grid(self.up_cam, mesh.vertices_cam, CONTACT_BLUR_M)
        self.heights = table_heights(self.light, self.up_cam, self.table_offset)
        self.backdrop: Backdrop = render_backdrop(fine, style, table_height_m)
        self.skin = linear_tinted(style, tint)
        table = 0.65 * linear(style.table_rgb) + 0.35 * linear(style.table_second_rgb)
        self.lights = np.stack(
            [light_cam, self.up_cam, style.key_light, style.ambient_light, table * style.ambient_light]
        ).astype(np.float32)
        self.paint = np.stack([linear(style.object_rgb), linear(style.object_second_rgb)])
        self.pattern = pattern_numbers(style, object_vertices)
        self.object_vertices = np.ascontiguousarray(object_vertices, np.float32)
        self.K_inverse = np.linalg.inv(fine.K.astype(np.float64))

    def frames(self) -> UInt8[np.ndarray, "T H W 3"]:
        """All frames as sRGB bytes."""
        fine, mesh = self.fine, self.mesh
        depth = np.empty((fine.height, fine.width), np.float32)
        face_id = np.empty((fine.height, fine.width), np.int32)
        light = np.empty((fine.height, fine.width, 3), np.float32)
        small = (fine.height // _OVERSAMPLING, fine.width // _OVERSAMPLING)
        pictures = np.empty((len(mesh.vertices_cam), *small, 3), np.uint8)
        for t, vertices in enumerate(mesh.vertices_cam):
            rasterise_into(vertices, mesh.faces, fine.K, depth, face_id)
            closeness = nearest_to_light(vertices, mesh.faces, self.light)
            shadow = table_shadow(closeness, self.light, self.style.shadow_blur_m, self.heights)
            contact = table_contact(vertices, mesh.faces, self.above, self._table_above_origin())
            shade_table(
                face_id, self.backdrop.direct_rgb, self.backdrop.ambient_rgb, self.backdrop.wall_rgb,
                self.backdrop.points_cam, shadow, *_grid(self.light), contact, *_grid(self.above), light,
            )  # fmt: skip
            shade_meshes(
                depth, face_id, self.K_inverse, fine.K[0, 0], vertices, mesh.faces, mesh.hand_faces,
                mesh.hand_normals_cam[t], mesh.object_normals, mesh.object_rotation_cam[t], self.object_vertices,
                self.skin, self.paint, self.pattern, self.lights, self.table_offset,
                closeness, *_grid(self.light), light,
            )  # fmt: skip
            _average(light, tone_table(), pictures[t])
        return pictures

    def _table_above_origin(self) -> float:
        """The table's height in the grid that looks straight up."""
        return self.table_offset - float(self.above.origin[2])


def linear_tinted(style: SceneStyle, tint: Float[np.ndarray, "Vh 3"]) -> F32:
    """Linear skin colour per vertex (Vh, 3)."""
    rgb = np.asarray(style.skin_rgb, np.float64) * np.asarray(tint, np.float64)
    return np.ascontiguousarray(linear(rgb))


def _grid(grid: LightGrid) -> tuple[F32, F32, float]:
    return grid.axes, grid.origin, grid.cell_m


@njit(cache=True, nogil=True)
def _average(light: F32, table: U8, picture: U8) -> None:
    """Mean of each 2 x 2 block of linear light, as sRGB bytes."""
    scale = np.float32(TONE_STEPS / TONE_RANGE / 4)
    for v in range(picture.shape[0]):
        for u in range(picture.shape[1]):
            for k in range(3):
                total = light[2 * v, 2 * u, k] + light[2 * v, 2 * u + 1, k]
                total += light[2 * v + 1, 2 * u, k] + light[2 * v + 1, 2 * u + 1, k]
                picture[v, u, k] = table[min(int(total * scale), TONE_STEPS - 1)]
