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
from pam_models.conditions.maps import SceneMesh, pixel_normal, scene_mesh
from pam_models.conditions.paint import pattern_numbers, second_colour_share
from pam_models.conditions.rasterise import rasterise_into
from pam_models.conditions.shadows import (
    CONTACT_BLUR_M,
    LightGrid,
    light_grid,
    nearest_to_light,
    sample_grid,
    shaded_share,
    table_contact,
    table_heights,
    table_shadow,
)
from pam_models.conditions.surface import barycentrics

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
U8 = NDArray[np.uint8]

_OVERSAMPLING = 2
_CREVICE_M = 0.009


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
            _shade_table(
                face_id, self.backdrop.direct_rgb, self.backdrop.ambient_rgb, self.backdrop.wall_rgb,
                self.backdrop.points_cam, shadow, *_grid(self.light), contact, *_grid(self.above), light,
            )  # fmt: skip
            _shade_things(
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
def _cell(px: float, py: float, pz: float, axes: F32, origin: F32, cell_m: float) -> tuple[float, float, float]:
    """A camera point in a light grid: column, row (cells), height (m)."""
    x = axes[0, 0] * px + axes[0, 1] * py + axes[0, 2] * pz - origin[0]
    y = axes[1, 0] * px + axes[1, 1] * py + axes[1, 2] * pz - origin[1]
    h = axes[2, 0] * px + axes[2, 1] * py + axes[2, 2] * pz - origin[2]
    return x / cell_m, y / cell_m, h


@njit(cache=True, nogil=True)
def _shade_table(
    face_id: I32, direct: F32, ambient: F32, wall: F32, points: F32,
    shadow: F32, axes: F32, origin: F32, cell_m: float,
    contact: F32, up_axes: F32, up_origin: F32, up_cell_m: float, light: F32,
) -> None:  # fmt: skip
    """Linear light of the pixels that see no mesh."""
    for v in range(face_id.shape[0]):
        for u in range(face_id.shape[1]):
            if face_id[v, u] >= 0:
                continue
            lit, open_sky = 1.0, 1.0
            px, py, pz = points[v, u, 0], points[v, u, 1], points[v, u, 2]
            if pz > 0:
                x, y, _ = _cell(px, py, pz, axes, origin, cell_m)
                lit = 1.0 - sample_grid(shadow, x, y)
                x, y, _ = _cell(px, py, pz, up_axes, up_origin, up_cell_m)
                open_sky = 1.0 - 0.75 * sample_grid(contact, x, y)
            for c in range(3):
                light[v, u, c] = direct[v, u, c] * lit + ambient[v, u, c] * open_sky + wall[v, u, c]


@njit(cache=True, nogil=True)
def _crevice(depth: F32, v: int, u: int, radius_px: float) -> float:
    """Share of ambient light that reaches a pixel, from how much nearer its surroundings are than itself (0.35..1)."""
    z = depth[v, u]
    height, width = depth.shape
    closed = 0.0
    reach, diagonal = max(int(radius_px + 0.5), 1), max(int(radius_px * 0.7 + 0.5), 1)
    for k in range(4):
        du = reach if k == 0 else (0 if k == 1 else diagonal)
        dv = 0 if k == 0 else (reach if k == 1 else (diagonal if k == 2 else -diagonal))
        u0, v0, u1, v1 = u - du, v - dv, u + du, v + dv
        if u0 < 0 or u1 >= width or min(v0, v1) < 0 or max(v0, v1) >= height:
            continue
        # Flat tilted ground is as much nearer on one side as it is farther on the other: only hollows count.
        first = z - depth[v0, u0] if depth[v0, u0] > 0 else -0.02
        second = z - depth[v1, u1] if depth[v1, u1] > 0 else -0.02
        hollow = min(max(first, -0.02), 0.02) + min(max(second, -0.02), 0.02)
        closed += min(max(hollow / 0.016, 0.0), 1.0)
    return 1.0 - 0.65 * min(closed / 3.0, 1.0)


@njit(cache=True, nogil=True)
def _shade_things(
    depth: F32, face_id: I32, K_inverse: F64, focal_px: float, vertices: F32, faces: I32, hand_faces: int,
    hand_normals: F32, object_normals: F32, object_rotation: F32, object_vertices: F32,
    skin: F32, paint: F32, pattern: F64, lights: F32, table_offset: float,
    closeness: F32, axes: F32, origin: F32, cell_m: float, light: F32,
) -> None:  # fmt: skip
    """Linear light of the pixels that see a mesh. `lights` rows: light and up directions, key, ambient, bounce."""
    hand_vertices = hand_normals.shape[0]
    albedo = np.empty(3, np.float32)
    for v in range(face_id.shape[0]):
        for u in range(face_id.shape[1]):
            f = face_id[v, u]
            if f < 0:
                continue
            z = depth[v, u]
            px = z * (K_inverse[0, 0] * u + K_inverse[0, 1] * v + K_inverse[0, 2])
            py = z * (K_inverse[1, 1] * v + K_inverse[1, 2])
            a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
            weights = barycentrics(vertices, a, b, c, px, py, z)
            wa, wb, wc = weights
            nx, ny, nz = pixel_normal(
                px, py, z, weights, faces, f, hand_faces, hand_normals, object_normals, object_rotation
            )
            is_hand = f < hand_faces
            if is_hand:
                for k in range(3):
                    albedo[k] = wa * skin[a, k] + wb * skin[b, k] + wc * skin[c, k]
            else:
                oa, ob, oc = a - hand_vertices, b - hand_vertices, c - hand_vertices
                share = second_colour_share(
                    wa * object_vertices[oa, 0] + wb * object_vertices[ob, 0] + wc * object_vertices[oc, 0],
                    wa * object_vertices[oa, 1] + wb * object_vertices[ob, 1] + wc * object_vertices[oc, 1],
                    wa * object_vertices[oa, 2] + wb * object_vertices[ob, 2] + wc * object_vertices[oc, 2],
                    pattern,
                )
                for k in range(3):
                    albedo[k] = paint[0, k] * (1 - share) + paint[1, k] * share
            facing = nx * lights[0, 0] + ny * lights[0, 1] + nz * lights[0, 2]
            upward = nx * lights[1, 0] + ny * lights[1, 1] + nz * lights[1, 2]
            height = px * lights[1, 0] + py * lights[1, 1] + z * lights[1, 2] - table_offset
            open_sky = _crevice(depth, v, u, _CREVICE_M * focal_px / z)
            open_sky *= 1.0 - 0.45 * max(1.0 - max(height, 0.0) / 0.05, 0.0) * (0.5 - 0.5 * upward)
            # The test point stands a little off the surface, or the surface would shade itself.
            x, y, h = _cell(px + 0.003 * nx, py + 0.003 * ny, z + 0.003 * nz, axes, origin, cell_m)
            lit = 1.0 - shaded_share(closeness, x, y, h)
            shine = _shine(nx, ny, nz, px, py, z, lights, is_hand, pattern[7]) * lit
            sky = 0.5 + 0.5 * upward
            for k in range(3):
                if is_hand:
                    # Light spreads under skin, red the farthest: it wraps around into the shadow side.
                    wrap = 0.35 if k == 0 else (0.2 if k == 1 else 0.14)
                    direct = max((facing + wrap) / (1 + wrap), 0.0) * (lit + (1 - lit) * 0.25 * wrap)
                else:
                    direct = max(facing, 0.0) * lit
                around = lights[3, k] * (0.25 + 0.75 * sky) + 0.6 * lights[4, k] * (1 - sky)
                light[v, u, k] = albedo[k] * (direct * lights[2, k] + around * open_sky) + shine * lights[2, k]


@njit(cache=True, nogil=True)
def _shine(
    nx: float, ny: float, nz: float, px: float, py: float, pz: float, lights: F32, is_hand: bool, gloss: float
) -> float:
    """Blinn-Phong highlight, exponent 16 (skin) or 32 (paint)."""
    distance = np.sqrt(px * px + py * py + pz * pz)
    hx, hy, hz = lights[0, 0] - px / distance, lights[0, 1] - py / distance, lights[0, 2] - pz / distance
    length = np.sqrt(hx * hx + hy * hy + hz * hz)
    if length == 0 or nx * lights[0, 0] + ny * lights[0, 1] + nz * lights[0, 2] <= 0:
        return 0.0
    power = max((nx * hx + ny * hy + nz * hz) / length, 0.0)
    for _ in range(4):
        power *= power
    return float(0.07 * power if is_hand else 0.4 * gloss * power * power)


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
