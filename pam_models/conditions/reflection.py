"""How much light each pixel sends to the camera: the inner loops of the shaded renderer."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pam_models.conditions.maps import pixel_normal
from pam_models.conditions.paint import second_colour_share
from pam_models.conditions.shadows import sample_grid, shaded_share
from pam_models.conditions.surface import barycentrics

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

_CREVICE_M = 0.009


@njit(cache=True, nogil=True)
def _cell(px: float, py: float, pz: float, axes: F32, origin: F32, cell_m: float) -> tuple[float, float, float]:
    """A camera point in a light grid: column, row (cells), height (m)."""
    x = axes[0, 0] * px + axes[0, 1] * py + axes[0, 2] * pz - origin[0]
    y = axes[1, 0] * px + axes[1, 1] * py + axes[1, 2] * pz - origin[1]
    h = axes[2, 0] * px + axes[2, 1] * py + axes[2, 2] * pz - origin[2]
    return x / cell_m, y / cell_m, h


@njit(cache=True, nogil=True)
def shade_table(
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
def shade_meshes(
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
