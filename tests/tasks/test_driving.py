"""What drives the generators."""

import numpy as np

from pam_models.conditions.encodings import encode
from tasks.driving import driving_joints, driving_pictures
from tasks.rendering import maps_of
from tests.tasks.stage_inputs import small_config
from tests.tasks.trajectories import lifted_mug

NAMES = ("depth", "segmentation", "keypoints")


def test_noise_is_on_the_named_condition_alone_and_the_same_in_both_steps() -> None:
    """Catches noise on conditions that nobody named, and a first frame that the two models see differently."""
    scene, row, _ = lifted_mug()
    maps, trajectory = maps_of(scene), {**row, "item_id": "mug"}
    clean = encode(maps, NAMES)
    config = small_config("conditions.noise.depth=0.1")
    noisy = driving_pictures(config, trajectory, maps, NAMES)
    assert 0.05 < (noisy["depth"].astype(float) - clean["depth"]).std() / 255 < 0.1
    for name in ("segmentation", "keypoints"):
        np.testing.assert_array_equal(noisy[name], clean[name])
    first = driving_pictures(config, trajectory, maps, NAMES, slice(0, 1))
    np.testing.assert_array_equal(first["depth"], noisy["depth"][:1])
    other = driving_pictures(config, {**trajectory, "item_id": "cup"}, maps, NAMES)
    assert (other["depth"] != noisy["depth"]).any()


def test_without_noise_the_pictures_are_those_of_the_encoding() -> None:
    """Catches a disturbance that nobody asked for."""
    scene, row, _ = lifted_mug()
    maps = maps_of(scene)
    for name, pictures in driving_pictures(small_config(), {**row, "item_id": "mug"}, maps, NAMES).items():
        np.testing.assert_array_equal(pictures, encode(maps, NAMES)[name])


def test_joints_as_numbers_are_disturbed_too() -> None:
    """Catches a robustness test that leaves the one condition clean which is not a picture."""
    scene, row, _ = lifted_mug()
    maps, trajectory = maps_of(scene), {**row, "item_id": "mug"}
    np.testing.assert_array_equal(driving_joints(small_config(), trajectory, maps), maps.joints_px)
    moved = driving_joints(small_config("conditions.noise.keypoints=0.02"), trajectory, maps) - maps.joints_px
    assert 0.8 < moved.std() / (0.02 * maps.depth_m.shape[1]) < 1.2


def test_the_look_is_the_configured_one() -> None:
    """Catches weights of OakInk2 that are shown the colours of DexYCB."""
    scene, row, _ = lifted_mug()
    maps, trajectory = maps_of(scene), {**row, "item_id": "mug"}
    pictures = driving_pictures(small_config("conditions.encoding=pam-oakink2"), trajectory, maps, ("segmentation",))
    assert (pictures["segmentation"][maps.labels == 255] == [61, 230, 250]).all()
