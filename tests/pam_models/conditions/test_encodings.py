"""Encodings of a rendered scene."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pam_models.conditions.encodings import depth_pictures, encode, normal_pictures, plain_depth_m
from pam_models.conditions.maps import ConditionMaps, SecondJoints, render_maps

NAMES = ("depth", "segmentation", "keypoints", "normal", "tracking", "mesh")


@pytest.fixture(scope="module")
def maps(scene: Any) -> ConditionMaps:
    return render_maps(**scene.geometry, joints_world=scene.joints_world, object_class=9, camera=scene.camera)


def test_all_conditions_are_pictures_and_black_outside(maps: ConditionMaps) -> None:
    """Catches a background that a model would take for something near, and wrong shapes or types."""
    pictures = encode(maps, NAMES)
    assert tuple(pictures) == NAMES
    for name, picture in pictures.items():
        assert picture.shape == (*maps.labels.shape, 3)
        assert picture.dtype == np.uint8
        assert picture.any()
        if name != "keypoints":
            assert not picture[maps.labels == 0].any()
    assert (pictures["depth"][maps.labels > 0].sum(-1) > 60).all()
    assert not pictures["mesh"][maps.labels == 9].any()


def test_near_is_bright_and_the_range_is_the_videos() -> None:
    """Catches inverted depth and a range per frame, which would flicker."""
    depth = np.zeros((2, 1, 3), np.float32)
    depth[0, 0, :2], depth[1, 0, :2] = [0.5, 1.0], [0.8, 0.8]
    picture = depth_pictures(depth).astype(int).sum(-1)
    assert picture[0, 0, 0] > picture[1, 0, 0] > picture[0, 0, 1] > 0
    assert picture[:, 0, 2].tolist() == [0, 0]
    assert not depth_pictures(np.zeros((1, 2, 2), np.float32)).any()


def test_a_surface_that_faces_the_camera_is_light_blue() -> None:
    """Catches normals in OpenCV axes where the usual colours want right, up, towards the viewer."""
    normals = np.array([[[[0, 0, -1], [0, -1, 0], [1, 0, 0], [0, 0, 0]]]], np.float32)
    colours = normal_pictures(normals)[0, 0].tolist()
    assert colours == [[128, 128, 255], [128, 255, 128], [255, 128, 128], [0, 0, 0]]


def test_plain_keeps_the_numbers(maps: ConditionMaps) -> None:
    """Catches loss in the storage encoding: depth to the millimetre, labels and joints exactly."""
    pictures = encode(maps, ("depth", "segmentation", "keypoints"), "plain")
    assert np.abs(plain_depth_m(pictures["depth"]) - maps.depth_m).max() <= 0.0005001
    np.testing.assert_array_equal(pictures["segmentation"][..., 0], maps.labels)
    u, v = np.rint(maps.joints_px[0, 20]).astype(int)
    assert pictures["keypoints"][0, v, u].tolist() == [21, 255 if maps.joint_visible[0, 20] else 0, 0]
    far = np.full((1, 1, 1), 300.0, np.float32)
    assert plain_depth_m(encode_depth(maps, far))[0, 0, 0] == np.float32(65.535)


def encode_depth(maps: ConditionMaps, depth: np.ndarray) -> np.ndarray:
    changed = ConditionMaps(depth, maps.labels, maps.normals, maps.joints_px, maps.joints_cam_m, maps.joint_visible)
    return encode(changed, ("depth",), "plain")["depth"]


def test_unknown_names_are_refused(maps: ConditionMaps) -> None:
    """Catches a misspelt condition that would be missing from the model's input."""
    with pytest.raises(ValueError, match="no condition dept;"):
        encode(maps, ("dept",))
    with pytest.raises(ValueError, match="no encoding 'oak'"):
        encode(maps, (), "oak")
    with pytest.raises(ValueError, match="left or right"):
        encode(maps, (), "pam", "both")


def test_the_hand_mask_is_the_visible_hand_alone(maps: ConditionMaps) -> None:
    """Catches a mask that holds the object as well, or hides where the hand is labelled."""
    mask = encode(maps, ["hand_mask"])["hand_mask"]
    np.testing.assert_array_equal(mask[..., 0] == 255, maps.labels == 255)
    assert set(np.unique(mask)) == {0, 255}


def test_oakink2_tells_the_hands_apart_and_dexycb_does_not(maps: ConditionMaps) -> None:
    """Catches sides that are exchanged or lost, and DexYCB weights shown a left hand's colours."""
    for side in ("left", "right"):
        alike = encode(maps, NAMES, side=side)
        apart = encode(maps, NAMES, "pam-oakink2", side)
        for name in ("depth", "normal", "mesh", "tracking"):
            np.testing.assert_array_equal(alike[name], apart[name])
        assert {tuple(c) for c in apart["segmentation"][maps.labels == 255].tolist()} == {(61, 230, 250)}
        assert {tuple(c) for c in apart["segmentation"][maps.labels == 9].tolist()} == {(8, 255, 214)}
        np.testing.assert_array_equal(alike["keypoints"], encode(maps, NAMES)["keypoints"])
    left, right = (encode(maps, ("keypoints",), "pam-oakink2", side)["keypoints"] for side in ("left", "right"))
    assert (left != right).any()
    both = replace(
        maps, second=SecondJoints(maps.joints_px + 9, maps.joints_cam_m + np.array([0, 0, 1]), maps.joint_visible)
    )
    drawn = encode(both, ("keypoints",), "pam-oakink2", "right")["keypoints"]
    np.testing.assert_array_equal(drawn[right.any(-1)], right[right.any(-1)])
    assert (drawn.any(-1).sum((1, 2)) > right.any(-1).sum((1, 2))).all()


def test_tracking_is_the_depth_picture_and_the_mesh_is_grey_on_black(maps: ConditionMaps) -> None:
    """Catches a tracking picture that the published preparation does not make, and a hand that shows its object."""
    pictures = encode(maps, ("depth", "tracking", "mesh"))
    np.testing.assert_array_equal(pictures["tracking"], pictures["depth"])
    mesh = pictures["mesh"]
    assert (mesh == mesh[..., :1]).all()
    assert (mesh[maps.labels == 255] >= 64).all()
