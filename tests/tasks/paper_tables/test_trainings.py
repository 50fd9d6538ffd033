"""Run directories of a table's own models. Each test names the defect that it catches."""

from pathlib import Path

import pytest

from pam_models.training.frame_store import save_block
from pam_models.training.layout import RunLayout
from pam_models.training.recipe import RecipeError, load_recipe
from tasks.paper_tables.trainings import training_place
from tests.pam_models.training.conftest import made_up_block


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A run with one clip that has depth, segmentation, keypoints and normals."""
    layout = RunLayout(tmp_path / "run")
    layout.scenes.mkdir(parents=True)
    save_block(layout.clips, "train-physics-0-v0", made_up_block(0, 9, "physics-0"))
    return layout.root


def test_clips_are_shared_and_models_are_not(data: Path, tmp_path: Path) -> None:
    """Catches a table's model that continues the user's own checkpoint, and clips that are copied."""
    recipe = load_recipe("demo")
    unmasked = load_recipe("demo", ["motion.condition_dropout=0.0"])
    places = [training_place(tmp_path / "out", data, "model", one) for one in (recipe, unmasked)]
    assert places[0].folder != places[1].folder and places[0].stages == ("latents", "motion")
    assert all((place.folder / "clips").resolve() == data / "clips" for place in places)
    assert all(place.autoencoder.is_file() and not place.weights.is_file() for place in places)
    assert not (data / "motion").exists() and not (data / "autoencoder").exists()


def test_clips_without_a_condition_are_made_anew_and_shared(data: Path, tmp_path: Path) -> None:
    """Catches a model of the mesh that is trained on clips without one, and clips rendered once for every model."""
    mesh = ["data.conditions=[depth,segmentation,keypoints,mesh]"]
    recipes = [load_recipe("demo", [*mesh, f"motion.seed={seed}"]) for seed in (1, 2)]
    places = [training_place(tmp_path / "out", data, "model", one) for one in recipes]
    assert places[0].stages == ("clips", "latents", "motion")
    first, second = ((place.folder / "clips").resolve() for place in places)
    assert first == second != data / "clips"


def test_a_folder_without_scenes_is_one_line(tmp_path: Path) -> None:
    """Catches an hour of simulation that nobody asked for."""
    with pytest.raises(RecipeError, match="holds no scenes; give a run directory"):
        training_place(tmp_path / "out", tmp_path / "nothing", "model", load_recipe("demo"))
