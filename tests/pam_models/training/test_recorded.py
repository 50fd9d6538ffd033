"""Recorded clips: a camera's own pictures under the conditions of the canonical trajectory."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from pam_models.training.clip_import import import_clips
from pam_models.training.data_recipe import RecordedData
from pam_models.training.frame_store import block_names, load_block
from pam_models.training.layout import RunLayout
from pam_models.training.recipe import RecipeError
from pam_models.training.recorded import offered_recordings
from tests.pam_models.pose.sources.recordings import grasp, mano, write_dexycb, write_mano

FRAMES = 9


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> RecordedData:
    """A recording in DexYCB's layout; frame t is grey level 3 t in the first camera, and absent in the others."""
    place = tmp_path_factory.mktemp("recorded")
    hands = write_mano(tmp_path_factory.mktemp("mano"))
    root = write_dexycb(place, grasp(mano(hands)))
    data = RecordedData(
        kind="dexycb", path=root, mano_dir=hands, clips=2, frames=FRAMES, held_out_one_in=10_000, pictures_per_clip=2
    )
    first = next(iter(offered_recordings(data)))
    folder = next(path for path in root.rglob(f"*{first.view}") if path.is_dir())
    for frame in range(60):
        cv2.imwrite(str(folder / f"color_{frame:06d}.jpg"), np.full((480, 640, 3), 3 * frame, np.uint8))
    return data


def test_pictures_labels_and_conditions_are_of_the_same_moments(recipe: RecordedData, tmp_path: Path) -> None:
    """Catches frames counted from another start than the trajectory's, and one bad camera that ends all."""
    layout = RunLayout(tmp_path)
    assert import_clips(recipe, layout, offered_recordings(recipe)) == 1
    block = load_block(layout.clips, block_names(layout.clips, "train-dexycb-")[0])
    levels = block.stream("rgb").reshape(FRAMES, -1).mean(axis=1)
    assert np.ptp(np.diff(levels)) < 2 and levels[1] > levels[0]
    assert block.frames.shape[2:] == (96, 144, 3) and block.foreground().any()
    projected = block.joints_cam_m @ block.K.transpose(0, 2, 1)
    assert projected[..., :2] / projected[..., 2:] == pytest.approx(block.joints_px, abs=0.05)


def test_a_dataset_without_a_reader_of_pictures_says_so(recipe: RecordedData) -> None:
    """Catches a run that trains on nothing."""
    with pytest.raises(RecipeError, match="has no reader of pictures"):
        next(offered_recordings(recipe.model_copy(update={"kind": "oakink2"})))
