"""The definitions that ship, and what is refused. Each test names the defect that it catches."""

import pytest
from pydantic import ValidationError

from pam_models.training.recipe import load_recipe
from tasks.config import load_config
from tasks.errors import ConfigError
from tasks.paper_tables.definition import (
    MissingInputError,
    TableDefinition,
    TableRow,
    filled,
    load_scale,
    load_table,
    table_names,
)
from tasks.paper_tables.request import TableRequest

TABLES = ("1", "2", "3", "4", "5", "6", "conditions", "errors")


@pytest.mark.parametrize("scale", ["demo", "paper"])
@pytest.mark.parametrize("name", TABLES)
def test_every_row_is_a_configuration_and_every_training_a_recipe(name: str, scale: str) -> None:
    """Catches a misspelt key in a row that nobody has run yet."""
    known = load_scale(scale)
    asked = TableRequest(name, load_table(name), scale, known, dict.fromkeys(known.inputs, "somewhere"))
    for row in asked.table.rows:
        trained = ("video.weights=somewhere",) if row.training else ()
        config = load_config(known.profile, None, asked.build_settings(row, trained))
        assert config.profile == known.profile
    for training in asked.table.trainings:
        recipe = load_recipe(known.recipe, asked.training_settings(training))
        assert recipe.motion is not None


def test_the_paper_numbers_are_the_papers() -> None:
    """Catches a typing error in the numbers that stand beside ours."""
    by_name = {row.name: row.paper for row in load_table("2").rows}
    assert by_name["0.2 Mask Prob + Noisy Cond"] == {"fvd": 30.45, "psnr": 29.67, "mpjpe": 20.31}
    assert load_table("1").rows[1].paper == {"memory_gb": 41.4, "time_s": 36.1}
    assert set(table_names()) == set(TABLES)


def test_what_refers_to_nothing_is_refused() -> None:
    """Catches a claim about a row that does not exist, which would never be tested."""
    row = TableRow(name="a")
    with pytest.raises(ValidationError, match="nobody"):
        TableDefinition(title="t", source="s", rows=(row.model_copy(update={"training": "nobody"}),))
    with pytest.raises(ConfigError, match="table 7: there is none; there are 1, 2"):
        load_table("7")


def test_a_place_without_a_value_names_itself() -> None:
    """Catches a build that is started with a literal {graspxl} as its folder."""
    assert filled(("pose.path={graspxl}",), {"graspxl": "/g"}, {}) == ["pose.path=/g"]
    with pytest.raises(MissingInputError, match="needs --input graspxl=PATH: Folder of recordings"):
        filled(("pose.path={graspxl}",), {}, {"graspxl": "Folder of recordings"})
