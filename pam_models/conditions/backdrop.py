"""The parts of a rendered scene that stand still: an endless table whose far end fades into a wall.

A clip's camera does not move, so a pixel's table point and its unshadowed colour are computed once per clip.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from pam_models.conditions.appearance_style import SceneStyle
from pam_models.conditions.camera import Camera
from pam_models.conditions.colour import linear

_FADE_START_M, _FADE_END_M = 0.55, 1.7


@dataclass(frozen=True)
class Backdrop:
    """Per pixel: linear light (direct, ambient, from the wall) and the table's point, nan off the table."""

    direct_rgb: Float32[np.ndarray, "H W 3"]
    ambient_rgb: Float32[np.ndarray, "H W 3"]
    wall_rgb: Float32[np.ndarray, "H W 3"]
    points_cam: Float32[np.ndarray, "H W 3"]


def render_backdrop(camera: Camera, style: SceneStyle, table_height_m: float) -> Backdrop:
    """The table plane z = `table_height_m` and the wall behind it, without shadows."""
    rows, columns = np.mgrid[0 : camera.height, 0 : camera.width].astype(np.float64)
    rays_cam = np.stack([columns, rows, np.ones_like(rows)], -1) @ np.linalg.inv(camera.K.astype(np.float64)).T
    rays = rays_cam @ camera.T_world_cam[:3, :3].astype(np.float64).T
    eye = camera.T_world_cam[:3, 3].astype(np.float64)
    above = eye[2] - table_height_m
    with np.errstate(divide="ignore", invalid="ignore"):
        depth = np.where(rays[..., 2] * above < -1e-9, -above / rays[..., 2], np.nan)
    points = eye + depth[..., None] * rays
    centre = _picture_centre_on_table(camera, eye, above)
    distance = np.hypot(points[..., 0] - centre[0], points[..., 1] - centre[1])
    share = np.nan_to_num(1 - _smooth((distance - _FADE_START_M) / (_FADE_END_M - _FADE_START_M)))[..., None]
    # A pool of light around the scene: the table darkens softly away from it.
    pool = 1 - 0.3 * np.nan_to_num(_smooth(distance / 0.7))[..., None]

    texture = np.nan_to_num(_texture(points[..., 0], points[..., 1], style))[..., None]
    albedo = linear(style.table_rgb) * (1 - texture) + linear(style.table_second_rgb) * texture
    direct = albedo * pool * share * np.array(style.key_light) * max(style.light_direction[2], 0.0)
    ambient = albedo * pool * share * np.array(style.ambient_light)
    elevation = rays[..., 2] / np.linalg.norm(rays, axis=-1)
    height = _smooth((elevation + 0.5) / 0.9)[..., None]
    wall = linear(style.wall_low_rgb) * (1 - height) + linear(style.wall_high_rgb) * height
    wall = wall * (1 - share) * (np.array(style.ambient_light) + 0.4 * np.array(style.key_light))
    table_cam = np.where(share > 0, depth[..., None] * rays_cam, np.nan)
    return Backdrop(*(layer.astype(np.float32) for layer in (direct, ambient, wall, table_cam)))


def _picture_centre_on_table(camera: Camera, eye: Float[np.ndarray, "3"], above: float) -> Float[np.ndarray, "3"]:
    """Where the camera's axis meets the table, at most 1.5 m away; straight below a camera that looks up."""
    axis = camera.T_world_cam[:3, 2].astype(np.float64)
    reach = min(above / -axis[2], 1.5) if axis[2] < -1e-6 and above > 0 else 0.0
    centre: Float[np.ndarray, 3] = eye + reach * axis
    return centre


def _smooth(x: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    clipped = np.clip(x, 0, 1)
    smooth: Float[np.ndarray, "*n"] = clipped * clipped * (3 - 2 * clipped)
    return smooth


def _texture(x: Float[np.ndarray, "H W"], y: Float[np.ndarray, "H W"], style: SceneStyle) -> Float[np.ndarray, "H W"]:
    """Share of the second colour at table points (metres, world axes): nothing is finer than about 3 cm."""
    turn, a, b, c = style.table_phases
    along, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    waves = 2 * np.pi
    share: Float[np.ndarray, "H W"]
    if style.table_pattern == "grain":
        # Boards of 14 cm, each with its own shade, and a soft straight grain along them.
        bend = 0.5 * np.sin(waves * along / 0.6 + a)
        board = np.floor(across / 0.14 + c)
        shade = 0.5 + 0.5 * np.sin(2.4 * board + b)
        grain = np.sin(waves * across / 0.062 + bend + 2.0 * board)
        share = 0.6 * shade + 0.2 + 0.2 * grain * np.sin(waves * along / 0.5 + board + a)
    elif style.table_pattern == "brushed":
        share = 0.5 + 0.25 * np.sin(waves * across / 0.31 + a) + 0.25 * np.sin(waves * across / 0.13 + b)
    elif style.table_pattern == "veins":
        bend = 0.22 * np.sin(waves * across / 0.55 + a) + 0.1 * np.sin(waves * (across + along) / 0.37 + b)
        vein = np.abs(np.sin(np.pi * (along / 0.26 + bend) + c))
        share = np.maximum(0, 1 - vein / 0.5) ** 2
    elif style.table_pattern == "weave":
        checks = np.sin(waves * along / 0.09 + a) + np.sin(waves * across / 0.09 + b)
        share = np.clip(0.5 + 0.4 * checks, 0, 1)
    elif style.table_pattern == "cloudy":
        cloud = np.sin(waves * (along / 0.43 + 0.25 * np.sin(waves * across / 0.52 + a)) + b)
        share = 0.5 + 0.5 * cloud * np.sin(waves * across / 0.37 + c)
    else:
        raise ValueError(f"no table pattern {style.table_pattern!r}; there are grain, brushed, veins, weave, cloudy")
    return share
