"""Which task, autoencoder, streams and words belong to a recipe."""

import hashlib
from pathlib import Path

import pytest

from pam_models.autoencoder.modeling import VideoAutoencoder
from pam_models.conditions.appearance_style import VOCABULARY
from pam_models.training.data_recipe import SnapshotData
from pam_models.training.layout import RunLayout
from pam_models.training.model_tasks import autoencoder_of, streams_of, task_of, vocabulary_of
from pam_models.training.recipe import RecipeError, load_recipe
from pam_models.zoo.registry import WeightsError
from tests.pam_models.training.conftest import PROMPT


def test_generators_see_through_the_runs_own_autoencoder(layout: RunLayout, trained: VideoAutoencoder) -> None:
    """Catches latents that are filed under the hash of other weights than those that made them."""
    _, digest = autoencoder_of(load_recipe("demo"), layout)
    assert digest == hashlib.sha256(layout.weights("autoencoder").read_bytes()).hexdigest()


def test_a_base_without_an_autoencoder_is_one_line(layout: RunLayout, tmp_path: Path) -> None:
    """Catches a training that begins with the demo's codec in place of the base model's, or with a traceback."""
    with pytest.raises(WeightsError, match=r"vae holds no \.safetensors file"):
        autoencoder_of(load_recipe("demo", [f"motion.base={tmp_path}"]), layout)


def test_only_what_the_motion_model_reads_is_encoded() -> None:
    """Catches latents of streams that nobody reads, which cost most of the time before training."""
    recipe = load_recipe("demo", ["motion.conditions=[depth]"])
    assert streams_of(recipe) == ("depth",)
    assert streams_of(recipe.model_copy(update={"motion": None})) == ()


def test_words_that_came_with_the_data_are_learnt(layout: RunLayout) -> None:
    """Catches a prompt of a snapshot whose words the model does not know."""
    recipe = load_recipe("demo")
    assert vocabulary_of(recipe, layout) == VOCABULARY
    snapshot = recipe.model_copy(update={"data": SnapshotData(store="somewhere", build="b")})
    assert PROMPT in vocabulary_of(snapshot, layout)


def test_a_model_that_is_not_declared_is_one_line(layout: RunLayout) -> None:
    """Catches a training with numbers that no recipe states."""
    recipe = load_recipe("demo").model_copy(update={"estimator": None})
    with pytest.raises(RecipeError, match="estimator"):
        task_of("estimator", recipe, layout)
