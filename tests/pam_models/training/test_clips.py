"""The data of a run, small: kinematic scenes through the real renderer, physics replaced."""

import time
from pathlib import Path

import numpy as np
import pytest

from pam_models.training.clips import ClipFactory, Deadline
from pam_models.training.data_recipe import SimulatedData
from pam_models.training.frame_store import block_names, load_block
from pam_models.training.kinematic import kinematic_scene
from pam_models.training.layout import RunLayout
from pam_models.training.scenes import is_held_out, save_scene, scene_keys

RECIPE = SimulatedData(
    seed=1, height=48, width=72, frames=5, physics_scenes=2, physics_requests=4, clips_per_scene=2, kinematic_scenes=6,
    pictures=4, pictures_per_block=4, held_out_one_in=3,
)  # fmt: skip
FOREVER = Deadline.after(None)


@pytest.fixture
def run(tmp_path: Path) -> RunLayout:
    """A run directory with its kinematic scenes."""
    layout = RunLayout(tmp_path)
    assert ClipFactory(RECIPE, layout).make_kinematic_scenes() == 6
    return layout


def test_scenes_clips_and_pictures_are_made_once(run: RunLayout) -> None:
    """Catches data that is made anew, or differs, on a second start."""
    factory = ClipFactory(RECIPE, run)
    factory.make_clips(FOREVER)
    factory.make_pictures(FOREVER)
    first = {path: path.stat().st_mtime_ns for folder in (run.clips, run.pictures) for path in folder.iterdir()}
    again = ClipFactory(RECIPE, run)
    again.make_kinematic_scenes()
    again.make_clips(FOREVER)
    again.make_pictures(FOREVER)
    assert {path: path.stat().st_mtime_ns for folder in (run.clips, run.pictures) for path in folder.iterdir()} == first
    name = block_names(run.pictures)[0]
    index, held_out = int(name[-5:]), name.startswith("held")
    assert np.array_equal(load_block(run.pictures, name).frames, again.picture_block(index, held_out=held_out).frames)


def test_held_out_scenes_show_in_held_out_blocks_alone(run: RunLayout) -> None:
    """Catches a held-out scene among the training pictures."""
    factory = ClipFactory(RECIPE, run)
    factory.make_clips(FOREVER)
    factory.make_pictures(FOREVER)
    for folder in (run.clips, run.pictures):
        for name in block_names(folder):
            held = [is_held_out(scene, 3) for scene in load_block(folder, name).scenes]
            assert all(held) == name.startswith("held") and any(held) == all(held)


def test_no_time_makes_nothing(run: RunLayout) -> None:
    """Catches a deadline that is only looked at when the work is done."""
    assert ClipFactory(RECIPE, run).make_clips(Deadline(time.monotonic() - 1)) == 0


def test_views_of_a_scene_differ(run: RunLayout) -> None:
    """Catches one camera and look for all views."""
    factory = ClipFactory(RECIPE, run)
    key = scene_keys(run.scenes, "kinematic")[0]
    first, second = factory.clip(key, 0), factory.clip(key, 1)
    assert not np.allclose(first.joints_px, second.joints_px)


def test_enough_scenes_start_no_simulation(run: RunLayout) -> None:
    """Catches a restart that simulates what is there."""
    hand_scene = kinematic_scene(0, 0, ClipFactory(RECIPE, run)._hand, 5)
    for index in range(2):
        save_scene(run.scenes, type(hand_scene)(**{**vars(hand_scene), "key": f"physics-mug-{index:04d}"}))
    assert ClipFactory(RECIPE, run).make_physics_scenes(1, FOREVER) == 2
