"""A published build as training data."""

from pathlib import Path

import numpy as np
import pytest

from pam_models.training.data_recipe import SnapshotData
from pam_models.training.frame_store import block_names, load_block
from pam_models.training.layout import RunLayout
from pam_models.training.recipe import LoopRecipe, RecipeError, TrainRecipe
from tasks.training_data import import_blocks
from tests.tasks.report.published import H, T, W, publish


def _recipe(store: str, build: str, **values: object) -> TrainRecipe:
    sizes = {"frames": T, "height": H, "width": W, "held_out_one_in": 10_000, "pictures_per_clip": 3} | values
    data = SnapshotData.model_validate({"store": store, "build": build, **sizes})
    loop = LoopRecipe(steps=1, batch=1, learning_rate=0.1).model_dump()
    return TrainRecipe.model_validate({"name": "t", "data": data.model_dump(), "estimator": loop})


def test_clips_come_with_conditions_and_labels_once(tmp_path: Path) -> None:
    """Catches pictures of one trajectory under the labels of another, and a second start that reads all again."""
    store, build = publish(tmp_path / "store")
    layout = RunLayout(tmp_path / "run")
    recipe = _recipe(store.uri, build.build_id)
    count = import_blocks(recipe, layout)
    names = block_names(layout.clips, "train-snapshot-")
    assert count == len(names) > 0
    block = load_block(layout.clips, names[0])
    assert len(block) == T and block.frames.shape[2:] == (H, W, 3)
    assert block.streams[0] == "rgb" and block.foreground().any()
    projected = block.joints_cam_m @ block.K.transpose(0, 2, 1)
    assert projected[..., :2] / projected[..., 2:] == pytest.approx(block.joints_px, abs=0.01)
    pictures = load_block(layout.pictures, block_names(layout.pictures)[0])
    assert len(pictures) == 3 and np.array_equal(pictures.frames[:, -1], block.frames[:, -1])
    before = {path: path.stat().st_mtime_ns for path in layout.clips.iterdir()}
    assert import_blocks(recipe, layout) == count
    assert {path: path.stat().st_mtime_ns for path in layout.clips.iterdir()} == before


@pytest.mark.parametrize(
    ("values", "answer"),
    [({"width": 72}, "set data.frames, data.height and data.width"), ({"frames": 49}, "the recipe wants 49")],
)
def test_clips_of_another_size_are_refused(tmp_path: Path, values: dict[str, object], answer: str) -> None:
    """Catches a shape error in the middle of training."""
    store, build = publish(tmp_path / "store")
    with pytest.raises(ValueError, match=answer):
        import_blocks(_recipe(store.uri, build.build_id, **values), RunLayout(tmp_path / "run"))


def test_a_build_that_is_not_there_is_named(tmp_path: Path) -> None:
    """Catches a traceback where one line is enough."""
    with pytest.raises(RecipeError, match="data: "):
        import_blocks(_recipe(str(tmp_path), "nothing"), RunLayout(tmp_path / "run"))
