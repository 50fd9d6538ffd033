"""Maps and pictures of a scene belong together."""

import numpy as np

from tasks.rendering import maps_of, shaded_frames
from tests.tasks.trajectories import HEIGHT, WIDTH, lifted_mug


def test_maps_show_hand_and_object_where_the_camera_sees_them() -> None:
    """Catches labels of the wrong class and joints off the hand's silhouette."""
    scene, row, _ = lifted_mug()
    maps = maps_of(scene)
    assert maps.labels.shape == (row["num_frames"], HEIGHT, WIDTH)
    assert set(np.unique(maps.labels)) == {0, row["object_class_id"], 255}
    np.testing.assert_array_equal(maps.depth_m > 0, maps.labels > 0)
    np.testing.assert_allclose(maps.joints_px, scene.camera.project(scene.geometry.joints), atol=1e-3)


def test_a_look_is_a_function_of_its_seed() -> None:
    """Catches global randomness in what is drawn, and a seed without effect."""
    scene, _, _ = lifted_mug()
    first, again, other = shaded_frames(scene, 1), shaded_frames(scene, 1), shaded_frames(scene, 2)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first.astype(int) - other.astype(int)).mean() > 2
