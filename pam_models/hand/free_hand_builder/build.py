"""Put the free hand together, in metres, under the names of MANO's own file layout."""

import numpy as np
from jaxtyping import Float, Int

from pam_models.hand.free_hand_builder.correctives import pose_blend_shapes
from pam_models.hand.free_hand_builder.placement import place_vertices
from pam_models.hand.free_hand_builder.pose_space import hands_components, hands_mean
from pam_models.hand.free_hand_builder.shapes import shape_directions
from pam_models.hand.free_hand_builder.tint import vertex_tint
from pam_models.hand.free_hand_builder.topology import build_topology
from pam_models.hand.free_hand_builder.weights import joint_regressor, skinning_weights
from pam_models.hand.model import PARENTS

_MM = 1e-3


def build_arrays() -> dict[str, np.ndarray]:
    """All arrays of the right free hand, ready for np.savez."""
    topology = build_topology()
    vertices = place_vertices(topology)
    normals = vertex_normals(vertices, topology.faces)
    weights = skinning_weights(vertices, topology)
    # index, middle, ring, pinky stand in this order in the topology; labels want the thumb first.
    tips = np.r_[topology.thumb_tip, topology.finger_tips].astype(np.int32)
    table = np.stack([np.array(PARENTS), np.arange(16)]).astype(np.int32)
    return {
        "v_template": (vertices * _MM).astype(np.float32),
        "shapedirs": (shape_directions(vertices, normals, weights) * _MM).astype(np.float32),
        "posedirs": (pose_blend_shapes(vertices, weights) * _MM).astype(np.float32),
        "J_regressor": joint_regressor(vertices).astype(np.float32),
        "weights": weights.astype(np.float32),
        "kintree_table": table,
        "f": topology.faces,
        "hands_mean": hands_mean().astype(np.float32),
        "hands_components": hands_components().astype(np.float32),
        "tip_vertices": tips,
        "vertex_tint": vertex_tint(vertices, normals, topology).astype(np.float32),
    }


def vertex_normals(vertices: Float[np.ndarray, "V 3"], faces: Int[np.ndarray, "F 3"]) -> Float[np.ndarray, "V 3"]:
    """Area-weighted unit normals, outward."""
    corners = vertices[faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(normals, faces[:, corner], across)
    return np.asarray(normals / np.linalg.norm(normals, axis=1, keepdims=True))
