"""Pictures of a scene: its condition maps, and the renderer's own frames in a look drawn from a seed."""

import numpy as np
from jaxtyping import UInt8

from pam_models.conditions.appearance_style import sample_style
from pam_models.conditions.maps import ConditionMaps, render_maps
from pam_models.conditions.shading import render_rgb
from tasks.scene import Scene


def maps_of(scene: Scene) -> ConditionMaps:
    """Depth, labels, normals and joints of every frame, as the camera sees them."""
    return render_maps(
        scene.geometry.vertices,
        scene.hand.faces,
        scene.geometry.joints,
        scene.object_vertices_m,
        scene.object_faces,
        scene.object_T_world,
        scene.object_class_id,
        scene.camera,
    )


def shaded_frames(scene: Scene, seed: int) -> UInt8[np.ndarray, "T H W 3"]:
    """The renderer's own RGB frames, in the style that the seed draws."""
    return render_rgb(
        scene.geometry.vertices,
        scene.hand.faces,
        scene.hand.vertex_tint,
        scene.object_vertices_m,
        scene.object_faces,
        scene.object_T_world,
        scene.camera,
        sample_style(seed),
        scene.table_height_m,
    )
