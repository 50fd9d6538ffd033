"""The recipe of the downstream experiment. Each test names the defect that it catches."""

from pathlib import Path

import pytest
import yaml

from pam_models.downstream.recipe import FOLDER, load_downstream
from pam_models.training.recipe import RecipeError
from tasks.config import load_config


def test_what_ships_can_be_read_and_names_real_settings() -> None:
    """Catches a misspelt key of a build that takes minutes to come to it."""
    recipe = load_downstream("demo")
    assert recipe.fractions == (0.25, 0.5, 0.75, 1.0)
    real, synthetic = (load_config(recipe.profile, None, list(each)) for each in (recipe.real, recipe.synthetic))
    assert real.seed != synthetic.seed


def test_shares_must_rise(tmp_path: Path) -> None:
    """Catches a share above one, and a curve that goes back and forth."""
    values = yaml.safe_load((FOLDER / "demo.yaml").read_text(encoding="utf-8"))
    path = tmp_path / "wrong.yaml"
    path.write_text(yaml.safe_dump({**values, "fractions": [0.5, 0.25]}), encoding="utf-8")
    with pytest.raises(RecipeError, match=r"fractions.*must rise"):
        load_downstream(str(path))
    with pytest.raises(RecipeError, match="known are demo"):
        load_downstream("nothing")
