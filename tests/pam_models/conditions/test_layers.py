"""Further hands and objects in a picture."""

from dataclasses import replace

import numpy as np
import pytest

from pam_models.conditions.camera import Camera
from pam_models.conditions.encodings import encode
from pam_models.conditions.layers import merge_layer
from pam_models.conditions.maps import ConditionMaps, render_maps
from pam_models.conditions.palette import HAND_LABEL, SECOND_HAND_LABEL
from tests.pam_models.conditions.conftest import Scene


def _maps(scene: Scene, towards_camera_m: float = 0.0, camera: Camera | None = None) -> ConditionMaps:
    """The scene, moved as a whole towards the camera."""
    shift = np.asarray(scene.camera.T_world_cam[:3, 2]) * -towards_camera_m
    poses = scene.geometry["object_T_world"].copy()
    poses[:, :3, 3] += shift
    moved = {**scene.geometry, "hand_vertices_world": scene.geometry["hand_vertices_world"] + shift}
    moved["object_T_world"] = poses
    # Joints within the tolerance below the ball's surface.
    joints = scene.joints_world + shift - np.asarray(scene.camera.T_world_cam[:3, 2]) * 0.03
    return render_maps(**moved, joints_world=joints, object_class=4, camera=camera or scene.camera)


def test_the_nearer_layer_wins_everywhere_and_hides_joints(scene: Scene) -> None:
    """Catches a layer painted over what stands before it, and joints that stay visible behind it."""
    far, near = _maps(scene), _maps(scene, 0.15)
    for first, second in ((far, near), (near, far)):
        merged = merge_layer(first, second, with_hand=True)
        seen = near.depth_m > 0
        np.testing.assert_array_equal(merged.depth_m[seen], near.depth_m[seen])
        np.testing.assert_array_equal(merged.normals[seen], near.normals[seen])
        hand = SECOND_HAND_LABEL if second is near else HAND_LABEL
        np.testing.assert_array_equal(merged.labels == hand, near.labels == HAND_LABEL)
    hidden = merge_layer(far, near, with_hand=True)
    assert far.joint_visible.all() and not hidden.joint_visible.any()
    assert hidden.second is not None and hidden.second.joint_visible.all()


def test_a_layer_without_a_hand_adds_no_joints(scene: Scene) -> None:
    """Catches a skeleton drawn for an object's layer."""
    merged = merge_layer(_maps(scene), _maps(scene, 0.15), with_hand=False)
    assert merged.second is None


def test_both_hands_are_drawn_in_the_colour_the_weights_know(scene: Scene) -> None:
    """Catches a second hand that the pictures leave black, and one that `plain` cannot tell from the first."""
    far = _maps(scene)
    beside = replace(_maps(scene, 0.15), joints_px=far.joints_px + np.float32([20, 0]))
    merged = merge_layer(far, beside, with_hand=True)
    pictures, plain = encode(merged, ["segmentation", "keypoints", "mesh"]), encode(merged, ["keypoints"], "plain")
    np.testing.assert_array_equal(
        (pictures["segmentation"] == [92, 0, 255]).all(-1), merged.labels >= SECOND_HAND_LABEL
    )
    assert (pictures["mesh"].any(-1) == (merged.labels >= SECOND_HAND_LABEL)).all()
    alone = encode(far, ["keypoints"])["keypoints"].any(-1)
    both = pictures["keypoints"].any(-1)
    assert (both & alone).sum() == alone.sum() and both.sum() > 1.3 * alone.sum()
    assert plain["keypoints"][..., 0].max() > 21


def test_a_third_hand_and_other_sizes_are_refused(scene: Scene) -> None:
    """Catches a hand that replaces another without a word."""
    two = merge_layer(_maps(scene), _maps(scene, 0.1), with_hand=True)
    with pytest.raises(ValueError, match="at most two hands"):
        merge_layer(two, _maps(scene), with_hand=True)
    with pytest.raises(ValueError, match="do not fit"):
        merge_layer(two, _maps(scene, camera=scene.camera.resized(36, 24)), with_hand=False)


def test_an_empty_hand_and_an_empty_object_are_nothing(scene: Scene) -> None:
    """Catches a layer of an object alone, or of a hand alone, that cannot be rendered."""
    none_px = np.zeros((2, 0, 3))
    thing = {**scene.geometry, "hand_vertices_world": none_px, "hand_faces": np.zeros((0, 3), np.int32)}
    maps = render_maps(**thing, joints_world=scene.joints_world, object_class=4, camera=scene.camera)
    assert set(np.unique(maps.labels)) == {0, 4}
    hand = {**scene.geometry, "object_vertices": np.zeros((0, 3)), "object_faces": np.zeros((0, 3), np.int32)}
    maps = render_maps(**hand, joints_world=scene.joints_world, object_class=4, camera=scene.camera)
    assert set(np.unique(maps.labels)) == {0, HAND_LABEL}
