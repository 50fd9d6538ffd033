"""From scene to labelled frames, with the real renderer."""

import numpy as np
import pytest

from pam_models.conditions.appearance_style import VOCABULARY, sample_style
from pam_models.conditions.camera import Camera
from pam_models.hand.free_hand import free_hand
from pam_models.pose.camera_sampling import Scenery, sample_camera
from pam_models.training.kinematic import kinematic_scene
from pam_models.training.rendering import joined, render_scene
from pam_models.training.scenes import Scene

CONDITIONS = ("depth", "segmentation", "keypoints", "normal")


def _scene_and_camera() -> tuple[Scene, Camera]:
    hand = free_hand("right")
    scene = kinematic_scene(3, 0, hand, 5)
    scenery = Scenery(
        scene.hand_vertices, hand.faces, scene.joints, scene.object_vertices, scene.object_faces, scene.object_T_world
    )
    return scene, sample_camera(scenery, 1, 72, 48, views=2)


def test_labels_and_pictures_are_of_the_same_camera() -> None:
    """Catches joints in another pixel grid: nearly all of them must lie on the segmented hand or object."""
    scene, camera = _scene_and_camera()
    block = render_scene(scene, free_hand("right"), camera, sample_style(0), CONDITIONS)
    assert block.frames.shape == (5, 5, 48, 72, 3)
    foreground = block.foreground()
    pixels = np.rint(block.joints_px).astype(int)
    inside = ((pixels >= 0) & (pixels < [72, 48])).all(axis=-1)
    frames = np.broadcast_to(np.arange(5)[:, None], (5, 21))[inside]
    assert foreground[frames, pixels[inside][:, 1], pixels[inside][:, 0]].mean() > 0.85


def test_a_shown_frame_is_the_clips_frame() -> None:
    """Catches depth that is coloured by one frame alone where a clip's frame is meant."""
    scene, camera = _scene_and_camera()
    hand, style = free_hand("right"), sample_style(0)
    whole = render_scene(scene, hand, camera, style, CONDITIONS)
    one = render_scene(scene, hand, camera, style, CONDITIONS, shown=[3])
    assert np.array_equal(one.frames[1:, 0], whole.frames[1:, 3])
    assert np.array_equal(one.joints_px[0], whole.joints_px[3])


def test_a_picture_without_a_hand_shows_none_but_keeps_its_place() -> None:
    """Catches a hand that is left in the picture, and a box that is lost with it."""
    scene, camera = _scene_and_camera()
    hand, style = free_hand("right"), sample_style(0)
    full = render_scene(scene, hand, camera, style, CONDITIONS, shown=[0])
    empty = render_scene(scene, hand, camera, style, CONDITIONS, shown=[0], with_hand=False)
    assert not empty.has_hand.any()
    assert empty.foreground().sum() < full.foreground().sum()
    assert np.array_equal(empty.joints_px, full.joints_px)
    assert (empty.stream("rgb") != full.stream("rgb")).any()


def test_prompts_use_known_words() -> None:
    """Catches an object word that the text encoder does not know."""
    scene, camera = _scene_and_camera()
    block = render_scene(scene, free_hand("right"), camera, sample_style(0), CONDITIONS, shown=[0])
    assert set(block.prompts[0].split()) <= set(VOCABULARY)


def test_blocks_of_different_streams_are_not_joined() -> None:
    """Catches a depth picture read as a normal map."""
    scene, camera = _scene_and_camera()
    hand, style = free_hand("right"), sample_style(0)
    first = render_scene(scene, hand, camera, style, ("depth",), shown=[0])
    second = render_scene(scene, hand, camera, style, ("normal",), shown=[0])
    assert len(joined([first, first])) == 2
    with pytest.raises(ValueError, match="same streams"):
        joined([first, second])
