"""A scene, a camera and a look make frames with labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pam_models.conditions.appearance_style import SceneStyle, prompt_of
from pam_models.conditions.camera import Camera
from pam_models.conditions.encodings import encode
from pam_models.conditions.maps import render_maps
from pam_models.conditions.shading import render_rgb
from pam_models.hand.model import HandModel
from pam_models.training.frame_store import RGB, FrameBlock
from pam_models.training.scenes import Scene

_OUT_OF_SIGHT_M = 40.0


def render_scene(
    scene: Scene,
    hand: HandModel,
    camera: Camera,
    style: SceneStyle,
    conditions: Sequence[str],
    *,
    shown: Sequence[int] | None = None,
    with_hand: bool = True,
) -> FrameBlock:
    """Frames of a scene: those in `shown`, or all. The others count in what is normalised over the whole clip (depth).

    Without the hand, the picture is that of the table and the object alone; its labels say where the hand would have
    been, for that is the box an estimator is asked about.
    """
    chosen = list(range(scene.frames)) if shown is None else list(shown)
    vertices = scene.hand_vertices
    if not with_hand:
        vertices = vertices - np.asarray(camera.T_world_cam[:3, 2], np.float32) * _OUT_OF_SIGHT_M
    rgb = render_rgb(
        vertices[chosen], hand.faces, hand.vertex_tint, scene.object_vertices, scene.object_faces,
        scene.object_T_world[chosen], camera, style, scene.table_height_m,
    )  # fmt: skip
    maps = render_maps(
        vertices, hand.faces, scene.joints, scene.object_vertices, scene.object_faces, scene.object_T_world,
        scene.class_id, camera,
    )  # fmt: skip
    pictures = encode(maps, conditions, encoding="pam", side=scene.side)
    count = len(chosen)
    return FrameBlock(
        streams=(RGB, *conditions),
        frames=np.stack([rgb, *(pictures[name][chosen] for name in conditions)]),
        joints_px=maps.joints_px[chosen],
        joints_cam_m=maps.joints_cam_m[chosen],
        joint_visible=maps.joint_visible[chosen],
        K=np.tile(camera.K, (count, 1, 1)),
        has_hand=np.full(count, with_hand),
        prompts=(prompt_of(style, scene.word),) * count,
        scenes=(scene.key,) * count,
    )


def joined(blocks: Sequence[FrameBlock]) -> FrameBlock:
    """Several blocks of the same streams as one. Raises ValueError where the streams differ or there is no block."""
    if not blocks or any(block.streams != blocks[0].streams for block in blocks):
        raise ValueError("only blocks of the same streams can be joined, and at least one")
    return FrameBlock(
        streams=blocks[0].streams,
        frames=np.concatenate([block.frames for block in blocks], axis=1),
        joints_px=np.concatenate([block.joints_px for block in blocks]),
        joints_cam_m=np.concatenate([block.joints_cam_m for block in blocks]),
        joint_visible=np.concatenate([block.joint_visible for block in blocks]),
        K=np.concatenate([block.K for block in blocks]),
        has_hand=np.concatenate([block.has_hand for block in blocks]),
        prompts=tuple(prompt for block in blocks for prompt in block.prompts),
        scenes=tuple(scene for block in blocks for scene in block.scenes),
    )
