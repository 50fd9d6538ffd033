"""More than one hand and one object in a picture: each further one is a layer of its own, and the nearest wins."""

from dataclasses import replace

import numpy as np

from pam_models.conditions.maps import ConditionMaps, SecondJoints, joints_seen
from pam_models.conditions.palette import HAND_LABEL, SECOND_HAND_LABEL


def merge_layer(maps: ConditionMaps, layer: ConditionMaps, *, with_hand: bool) -> ConditionMaps:
    """Maps of everything in both; pixel by pixel what is nearer to the camera, the first one's where they are level.

    Joints of both hands are visible where nothing in the merged picture hides them. `with_hand` says that the layer's
    hand is the scene's second hand: its label becomes 254. Without it the layer's joints are left out.

    Raises ValueError where the maps differ in size, or both hold a second hand.
    """
    if maps.depth_m.shape != layer.depth_m.shape:
        raise ValueError(f"layers of {maps.depth_m.shape} and {layer.depth_m.shape} do not fit on each other")
    if with_hand and maps.second is not None:
        raise ValueError("a scene has at most two hands")
    nearer = (layer.depth_m > 0) & ((maps.depth_m == 0) | (layer.depth_m < maps.depth_m))
    labels = np.where(layer.labels == HAND_LABEL, SECOND_HAND_LABEL, layer.labels).astype(np.uint8)
    depth_m = np.where(nearer, layer.depth_m, maps.depth_m)
    second = SecondJoints(layer.joints_px, layer.joints_cam_m, layer.joint_visible) if with_hand else maps.second
    return replace(
        maps,
        depth_m=depth_m,
        labels=np.where(nearer, labels, maps.labels),
        normals=np.where(nearer[..., None], layer.normals, maps.normals),
        joint_visible=joints_seen(maps.joints_px, maps.joints_cam_m[..., 2], depth_m),
        second=None
        if second is None
        else replace(second, joint_visible=joints_seen(second.joints_px, second.joints_cam_m[..., 2], depth_m)),
    )
