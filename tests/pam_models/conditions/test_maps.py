"""Condition maps of a scene whose answer is known."""

from typing import Any

import numpy as np
import pytest

from pam_models.conditions.maps import joints_seen, render_maps


def test_labels_name_what_stands_in_front(scene: Any) -> None:
    """Catches hand and object faces being confused, and a z-buffer that keeps the farther one."""
    maps = render_maps(**scene.geometry, joints_world=scene.joints_world, object_class=9, camera=scene.camera)
    assert set(np.unique(maps.labels)) == {0, 9, 255}
    ball, box_side = scene.camera.project(np.array([[0.06, -0.1, 0.06], [-0.06, -0.03, 0.06]]))
    for (u, v), label in ((ball, 255), (box_side, 9)):
        assert maps.labels[0, round(float(v)), round(float(u))] == label
    np.testing.assert_array_equal(maps.labels > 0, maps.depth_m > 0)


def test_depth_is_the_distance_along_the_axis(scene: Any) -> None:
    """Catches distance along the ray instead of along the camera axis, and objects that do not follow their pose."""
    maps = render_maps(**scene.geometry, joints_world=scene.joints_world, object_class=9, camera=scene.camera)
    for frame, height in ((0, 0.09), (1, 0.14)):
        point = np.array([-0.04, -0.03, height])
        u, v = np.rint(scene.camera.project(point)).astype(int)
        assert abs(maps.depth_m[frame, v, u] - scene.camera.to_camera(point)[2]) < 0.004


def test_normals_are_unit_camera_axes_and_face_the_camera(scene: Any) -> None:
    """Catches world-frame normals, flipped ones, and objects whose normals do not turn with them."""
    maps = render_maps(**scene.geometry, joints_world=scene.joints_world, object_class=9, camera=scene.camera)
    lengths = np.linalg.norm(maps.normals, axis=-1)
    np.testing.assert_allclose(lengths[maps.labels > 0], 1, atol=1e-5)
    assert not lengths[maps.labels == 0].any()
    rotation = scene.camera.T_world_cam[:3, :3]
    u, v = np.rint(scene.camera.project(np.array([-0.06, -0.03, 0.06]))).astype(int)
    np.testing.assert_allclose(rotation @ maps.normals[0, v, u], [0, -1, 0], atol=1e-5)
    turned = dict(scene.geometry)
    angle = 0.3
    spin = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    turned["object_T_world"] = scene.geometry["object_T_world"].copy()
    turned["object_T_world"][:, :3, :3] = spin
    again = render_maps(**turned, joints_world=scene.joints_world, object_class=9, camera=scene.camera)
    expected = spin @ [0, -1, 0]
    facing = (again.labels[0] == 9) & (np.abs(again.normals[0] @ rotation.T - expected).max(-1) < 1e-4)
    assert facing.sum() > 50


def test_a_face_towards_the_ball_does_not_depend_on_winding(scene: Any) -> None:
    """Catches maps that change when an object's faces wind the other way, as downloaded meshes do."""
    flipped = {**scene.geometry, "object_faces": scene.geometry["object_faces"][:, ::-1]}
    one = render_maps(**scene.geometry, joints_world=scene.joints_world, object_class=9, camera=scene.camera)
    two = render_maps(**flipped, joints_world=scene.joints_world, object_class=9, camera=scene.camera)
    np.testing.assert_allclose(one.depth_m, two.depth_m, atol=1e-6)
    np.testing.assert_allclose(one.normals, two.normals, atol=1e-5)


def test_joints_are_projected_and_hidden_by_surfaces(scene: Any) -> None:
    """Catches joints that count as seen behind an object, outside the picture, or behind the camera."""
    maps = render_maps(**scene.geometry, joints_world=scene.joints_world, object_class=9, camera=scene.camera)
    np.testing.assert_allclose(maps.joints_px, scene.camera.project(scene.joints_world), atol=1e-4)
    depth = np.zeros((1, 10, 20), np.float32)
    depth[0, :, 10:] = 0.5
    pixels = np.array([[[3, 3], [15, 3], [15, 3], [-0.6, 3], [3, 9.6], [19.4, 9.4], [np.nan, np.nan]]])
    z = np.array([[1.0, 0.517, 0.519, 1.0, 1.0, 0.5, -1.0]])
    assert joints_seen(pixels, z, depth)[0].tolist() == [True, True, False, False, False, True, False]


def test_misfitting_input_is_refused(scene: Any) -> None:
    """Catches classes without a colour and videos whose hand and object differ in length."""
    with pytest.raises(ValueError, match=r"1\.\.21"):
        render_maps(**scene.geometry, joints_world=scene.joints_world, object_class=22, camera=scene.camera)
    short = {**scene.geometry, "object_T_world": scene.geometry["object_T_world"][:1]}
    with pytest.raises(ValueError, match="2 frames of hand vertices but 1 object poses"):
        render_maps(**short, joints_world=scene.joints_world, object_class=1, camera=scene.camera)
