"""Pictures of a scene: its condition maps, and the renderer's own frames in a look drawn from a seed."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from jaxtyping import Int32, UInt8

from pam_models.conditions.appearance_style import SceneStyle, sample_style
from pam_models.conditions.layers import merge_layer
from pam_models.conditions.maps import ConditionMaps, render_maps
from pam_models.conditions.shading import render_rgb
from tasks.scene import Scene
from tasks.scene_parts import SceneObject

NO_FACES: Int32[np.ndarray, "0 3"] = np.zeros((0, 3), np.int32)


def maps_of(scene: Scene) -> ConditionMaps:
    """Depth, labels, normals and joints of every frame, as the camera sees them."""
    maps = render_maps(
        scene.geometry.vertices,
        scene.hand.faces,
        scene.geometry.joints,
        scene.object_vertices_m,
        scene.object_faces,
        scene.object_T_world,
        scene.object_class_id,
        scene.camera,
    )
    if scene.second is not None:
        hand = scene.second
        still = np.tile(np.eye(4, dtype=np.float32), (len(hand.joints), 1, 1))
        layer = render_maps(
            hand.vertices,
            hand.faces,
            hand.joints,
            np.zeros((0, 3)),
            NO_FACES,
            still,
            scene.object_class_id,
            scene.camera,
        )
        maps = merge_layer(maps, layer, with_hand=True)
    for other in scene.others:
        maps = merge_layer(maps, _object_maps(scene, other), with_hand=False)
    return maps


def shaded_frames(scene: Scene, seed: int) -> UInt8[np.ndarray, "T H W 3"]:
    """The renderer's own RGB frames, in the style that the seed draws.

    Further objects are painted where the camera sees them; they throw no shadow on the rest of the scene.
    """
    pictures = _shaded(scene, sample_style(seed))
    if not scene.others:
        return pictures
    depth_m = maps_of(replace(scene, others=())).depth_m
    for place, other in enumerate(scene.others):
        look = sample_style(seed + place + 1)
        style = replace(
            sample_style(seed),
            object_rgb=look.object_rgb,
            object_second_rgb=look.object_second_rgb,
            object_pattern=look.object_pattern,
        )
        layer = _object_maps(scene, other).depth_m
        seen = (layer > 0) & ((depth_m == 0) | (layer < depth_m))
        pictures = np.where(seen[..., None], _shaded(_alone(scene, other), style), pictures)
        depth_m = np.where(seen, layer, depth_m)
    return pictures


def _object_maps(scene: Scene, other: SceneObject) -> ConditionMaps:
    return render_maps(
        np.zeros((len(other.T_world), 0, 3), np.float32),
        NO_FACES,
        scene.geometry.joints,
        other.vertices_m,
        other.faces,
        other.T_world,
        other.class_id,
        scene.camera,
    )


def _alone(scene: Scene, other: SceneObject) -> Scene:
    """The scene with another object in the place of its own."""
    return replace(
        scene,
        object_vertices_m=other.vertices_m,
        object_faces=other.faces,
        object_T_world=other.T_world,
        object_class_id=other.class_id,
        others=(),
    )


def _shaded(scene: Scene, style: SceneStyle) -> UInt8[np.ndarray, "T H W 3"]:
    vertices, faces, tint = scene.geometry.vertices, scene.hand.faces, scene.hand.vertex_tint
    if scene.second is not None:
        faces = np.concatenate([faces, scene.second.faces + vertices.shape[1]])
        vertices = np.concatenate([vertices, scene.second.vertices], axis=1)
        tint = np.concatenate([tint, scene.second.vertex_tint])
    return np.concatenate(
        [
            render_rgb(
                vertices[frames],
                faces,
                tint,
                scene.object_vertices_m,
                scene.object_faces,
                scene.object_T_world[frames],
                scene.camera.at(frames.start) if scene.camera.moves else scene.camera,
                style,
                scene.table_height_m,
            )
            for frames in _shots(scene)
        ]
    )


def _shots(scene: Scene) -> Iterator[slice]:
    """Runs of frames through one camera: all of them, or each by itself where the camera moves."""
    count = len(scene.object_T_world)
    if not scene.camera.moves:
        yield slice(0, count)
        return
    for frame in range(count):
        yield slice(frame, frame + 1)
