"""A trajectory must survive its row: what later steps rebuild is what was simulated."""

import numpy as np
import pytest

from pam_models.hand.free_hand import free_hand
from tasks.rendering import maps_of
from tasks.scene import pack_maps, pack_mesh, scene_of, unpack_maps, unpack_mesh
from tests.tasks.trajectories import lifted_mug, pose_row_of


def test_scene_of_a_row_is_the_scene_that_was_simulated() -> None:
    """Catches a transposed, truncated or re-ordered column."""
    scene, row, mesh = lifted_mug()
    rebuilt = scene_of(row, scene.hand, mesh)
    np.testing.assert_array_equal(rebuilt.geometry.vertices, scene.geometry.vertices)
    np.testing.assert_array_equal(rebuilt.object_T_world, scene.object_T_world)
    np.testing.assert_array_equal(rebuilt.camera.K, scene.camera.K)
    np.testing.assert_array_equal(rebuilt.camera.T_world_cam, scene.camera.T_world_cam)


def test_scene_of_refuses_another_hand() -> None:
    """Catches labels made with the wrong hand, which would be wrong by centimetres and look plausible."""
    _, row, mesh = lifted_mug()
    with pytest.raises(ValueError, match="use the hand file of the build"):
        scene_of(row, free_hand("left"), mesh)


def test_maps_survive_packing_to_a_twentieth_of_a_millimetre() -> None:
    """Catches lossy storage of what must be exact, and normals that are no longer unit length."""
    scene, _, _ = lifted_mug()
    maps = maps_of(scene)
    again = unpack_maps(pack_maps(maps))
    assert np.abs(again.depth_m - maps.depth_m).max() <= 5.1e-5
    np.testing.assert_array_equal(again.labels, maps.labels)
    np.testing.assert_array_equal(again.joint_visible, maps.joint_visible)
    seen = maps.depth_m > 0
    assert np.abs(again.normals - maps.normals)[seen].max() < 0.01
    np.testing.assert_allclose(np.linalg.norm(again.normals[seen], axis=-1), 1.0, atol=1e-5)


def test_equal_arrays_pack_to_equal_bytes() -> None:
    """Catches a clock in the archive, which would give equal media different names."""
    scene, _, _ = lifted_mug()
    assert pack_mesh(scene.object_vertices_m, scene.object_faces) == pack_mesh(
        scene.object_vertices_m.copy(), scene.object_faces.copy()
    )
    vertices_m, faces = unpack_mesh(pack_mesh(scene.object_vertices_m, scene.object_faces))
    np.testing.assert_array_equal(vertices_m, scene.object_vertices_m)
    np.testing.assert_array_equal(faces, scene.object_faces)


def test_columns_state_every_frame() -> None:
    """Catches a column of another length than the trajectory."""
    scene, row, _ = lifted_mug()
    frames = len(scene.object_T_world)
    lengths = {"pose_flat": 48, "transl": 3, "wrist_m": 3, "joints_world_m": 63, "object_pose": 16, "phase": 1}
    assert {name: len(row[name]) for name in lengths} == {name: frames * size for name, size in lengths.items()}
    assert pose_row_of(row)["num_frames"] == frames
