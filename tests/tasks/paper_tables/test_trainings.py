"""Run directories of a table's own models. Each test names the defect that it catches."""

from pathlib import Path

import pytest
import torch

from pam_models.motion import MotionModel
from pam_models.training.frame_store import save_block
from pam_models.training.layout import RunLayout
from pam_models.training.loop import Trainer
from pam_models.training.model_tasks import task_of
from pam_models.training.recipe import RecipeError, load_recipe
from tasks.paper_tables.trainings import own_scenes, training_place
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
    mesh = ["finisher=null", "data.conditions=[depth,segmentation,keypoints,mesh]"]
    recipes = [load_recipe("demo", [*mesh, f"motion.seed={seed}"]) for seed in (1, 2)]
    places = [training_place(tmp_path / "out", data, "model", one) for one in recipes]
    assert places[0].stages == ("clips", "latents", "motion")
    first, second = ((place.folder / "clips").resolve() for place in places)
    assert first == second != data / "clips"


def test_a_folder_without_scenes_is_one_line(tmp_path: Path) -> None:
    """Catches a misnamed folder of the user's that is passed over for scenes of the table's own."""
    (tmp_path / "other").mkdir()
    with pytest.raises(RecipeError, match="holds no scenes; give a run directory"):
        training_place(tmp_path / "out", tmp_path / "other", "model", load_recipe("demo"))
    assert own_scenes(tmp_path / "out", tmp_path / "other", load_recipe("demo")) is None


def test_own_scenes_are_shared_by_a_tables_models(tmp_path: Path) -> None:
    """Catches scenes simulated again for every model, and scenes of another seed taken for them."""
    mesh_seen = ["finisher=null", "data.conditions=[depth,segmentation,keypoints,mesh]"]
    settings = (["motion.steps=1"], mesh_seen, ["data.seed=8"])
    first, mesh, other = (own_scenes(tmp_path, tmp_path / "none", load_recipe("demo", list(s))) for s in settings)
    assert first == mesh != other
    assert first is not None and first.parent == tmp_path


def test_a_training_goes_on_from_what_ships(data: Path, tmp_path: Path) -> None:
    """Catches a continued model that begins anew, one whose averaged weights do, and a checkpoint that is lost."""
    recipe = load_recipe("demo", ["motion.steps=3"])
    place = training_place(tmp_path / "out", data, "model", recipe, continued=True)
    place.go_on_from("demo", recipe)
    layout = RunLayout(place.folder)
    trainer = Trainer(task_of("motion", recipe, layout), recipe.loop("motion"), layout.model("motion"))
    assert trainer.resume() and trainer.step == 0
    shipped = MotionModel.load("demo").state_dict()
    with trainer.averaged():
        averaged = trainer.task.modules["model"].state_dict()
        assert all(torch.equal(averaged[name], tensor) for name, tensor in shipped.items())
    trainer.step = 2
    trainer.save()
    place.go_on_from("demo", recipe)
    assert torch.load(trainer.checkpoint_path, weights_only=True)["step"] == 2


def test_another_model_cannot_go_on(data: Path, tmp_path: Path) -> None:
    """Catches a model of other conditions that is started from weights that know none of them."""
    recipe = load_recipe("demo", ["motion.conditions=[depth]"])
    place = training_place(tmp_path / "out", data, "model", recipe, continued=True)
    with pytest.raises(RecipeError, match="of another motion model"):
        place.go_on_from("demo", recipe)
