"""Recipes: the committed one is valid, wrong ones are refused in one line."""

from pathlib import Path

import pytest
import yaml

from pam_models.training.recipe import PROFILES, RecipeError, load_recipe


def test_the_demo_recipe_is_valid_and_its_conditions_are_rendered() -> None:
    """Catches a committed recipe that asks the motion model for a stream that no clip has."""
    recipe = load_recipe("demo")
    assert set(recipe.motion.conditions) <= set(recipe.data.conditions)
    assert recipe.sha256() == load_recipe("demo").sha256()


@pytest.mark.parametrize(
    ("section", "key", "value", "message"),
    [
        ("motion", "steps", 0, "motion.steps"),
        ("motion", "stepz", 5, "motion.stepz"),
        ("autoencoder", "crop_frames", [5], "crop_frames must be"),
    ],
)
def test_a_wrong_value_is_named(tmp_path: Path, section: str, key: str, value: object, message: str) -> None:
    """Catches a typing error that silently trains with a default."""
    data = yaml.safe_load((PROFILES / "train-demo.yaml").read_text(encoding="utf-8"))
    data[section][key] = value
    path = tmp_path / "wrong.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    with pytest.raises(RecipeError, match=message) as caught:
        load_recipe(str(path))
    assert "\n" not in str(caught.value)


def test_absent_and_broken_files_are_told_apart(tmp_path: Path) -> None:
    """Catches a traceback where one line is enough."""
    with pytest.raises(RecipeError, match="no training recipe"):
        load_recipe("nothing-like-this")
    broken = tmp_path / "broken.yaml"
    broken.write_text("a: [", encoding="utf-8")
    with pytest.raises(RecipeError, match="not YAML"):
        load_recipe(str(broken))
