"""Recorded clips of the user's datasets: the camera's own pictures under the conditions of the canonical trajectory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from pam_models.conditions.encodings import encode
from pam_models.conditions.maps import render_maps
from pam_models.hand.mano_file import load_mano
from pam_models.hand.model import BadHandFile, HandModel
from pam_models.hand.skinning import skin
from pam_models.pose.source import BadInput, PoseRequest, PoseSource, TrajectoryRejected
from pam_models.pose.sources.dexycb import DexycbSource
from pam_models.pose.trajectory import Trajectory
from pam_models.training.clip_import import ClipRefused, OfferedClip
from pam_models.training.data_recipe import RecordedData
from pam_models.training.frame_store import RGB, FrameBlock
from pam_models.training.recipe import RecipeError

FrameReader = Callable[[str, Sequence[int]], UInt8[np.ndarray, "T H W 3"]]
"""The camera's pictures of a request's key at some of the recording's frames."""


def offered_recordings(recipe: RecordedData) -> Iterator[OfferedClip]:
    """The recordings of a dataset, as clips that may be brought in. Raises RecipeError where there is no reader."""
    source, frames = _opened(recipe)
    hands: dict[str, HandModel] = {}
    for request in source.requests(recipe.clips, recipe.seed):
        scene, _, view = request.key.rpartition("/")
        read = partial(_clip, recipe, source, frames, hands, request)
        yield OfferedClip(scene or request.key, _view_number(view), read)


def dexycb_frames(root: Path) -> FrameReader:
    """The colour pictures of `<subject>/<recording>/<camera>`: `color_000000.jpg` and on (formats.md section 6)."""

    def read(key: str, frames: Sequence[int]) -> UInt8[np.ndarray, "T H W 3"]:
        paths = [root / key / f"color_{frame:06d}.jpg" for frame in frames]
        pictures = [cv2.imread(str(path), cv2.IMREAD_COLOR) for path in paths]
        absent = [path for path, picture in zip(paths, pictures, strict=True) if picture is None]
        if absent:
            raise ClipRefused(f"{absent[0]} is no readable picture")
        return np.stack([np.asarray(picture)[..., ::-1] for picture in pictures])

    return read


def clip_of(
    trajectory: Trajectory,
    hand: HandModel,
    pictures: UInt8[np.ndarray, "T H W 3"],
    conditions: Sequence[str],
    prompt: str,
    scene: str,
) -> FrameBlock:
    """Pictures of a trajectory, in the camera's size or another, with conditions and labels in the trajectory's."""
    camera = trajectory.camera
    geometry = skin(hand, trajectory.pose_flat, trajectory.betas, trajectory.transl)
    maps = render_maps(
        geometry.vertices, hand.faces, geometry.joints, trajectory.obj.vertices_m, trajectory.obj.faces,
        trajectory.object_T_world, trajectory.obj.class_id, camera,
    )  # fmt: skip
    encoded = encode(maps, conditions, encoding="pam", side=trajectory.side)
    size = (camera.width, camera.height)
    rgb = np.stack([cv2.resize(picture, size, interpolation=cv2.INTER_AREA) for picture in pictures])
    count = len(rgb)
    return FrameBlock(
        streams=(RGB, *conditions),
        frames=np.stack([rgb, *(encoded[name] for name in conditions)]),
        joints_px=maps.joints_px,
        joints_cam_m=maps.joints_cam_m,
        joint_visible=maps.joint_visible,
        K=np.tile(np.asarray(camera.K), (count, 1, 1)),
        has_hand=np.ones(count, bool),
        prompts=(prompt,) * count,
        scenes=(scene,) * count,
    )


def _opened(recipe: RecordedData) -> tuple[PoseSource, FrameReader]:
    if recipe.kind == "dexycb":
        return DexycbSource(recipe.path), dexycb_frames(recipe.path)
    raise RecipeError(f"data.kind {recipe.kind!r} has no reader of pictures in this version; dexycb and snapshot have")


def _clip(
    recipe: RecordedData, source: PoseSource, frames: FrameReader, hands: dict[str, HandModel], request: PoseRequest
) -> FrameBlock:
    side = request.side
    if side not in hands:
        hands[side] = _hand(recipe, side)
    try:
        trajectory = source.trajectory(request, hands[side], recipe.frames, recipe.width, recipe.height)
    except (BadInput, TrajectoryRejected) as error:
        raise ClipRefused(str(error)) from error
    pictures = frames(request.key, [round(frame) for frame in trajectory.source_frames])
    return clip_of(trajectory, hands[side], pictures, recipe.conditions, recipe.prompt, request.key)


def _hand(recipe: RecordedData, side: str) -> HandModel:
    """MANO as DexYCB was annotated with it: with the sign mistake in its left hand (formats.md section 3.4)."""
    try:
        return load_mano(recipe.mano_dir, side, left_shapedirs_fixed=False)
    except BadHandFile as error:
        raise RecipeError(f"data.mano_dir: {error}") from error


def _view_number(view: str) -> int:
    """Views of a scene are told apart by their camera; its serial's digits are enough of a number."""
    digits = "".join(character for character in view if character.isdigit())
    return int(digits or "0")
