"""``pam tables`` as a person types it. Each test names the defect that it catches."""

import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.tables_here import named_inputs
from tasks.errors import ConfigError


def test_the_plan_says_hours_and_reasons() -> None:
    """Catches a plan that begins the work, and one that hides what will be missing."""
    result = CliRunner().invoke(app, ["tables", "3", "--plan"], env={"COLUMNS": "200"})
    assert result.exit_code == 0 and "together" in result.stdout and "--input graspxl=PATH" in result.stdout


def test_a_wrong_option_is_one_line() -> None:
    """Catches a traceback for a typing error."""
    result = CliRunner().invoke(app, ["tables", "8", "--plan"])
    assert result.exit_code == 2 and "table 8: there is none" in " ".join(result.output.split())
    with pytest.raises(ConfigError, match="write it as name=PATH"):
        named_inputs(["graspxl"])
    with pytest.raises(ConfigError, match="no such file or folder"):
        named_inputs(["graspxl=/nothing/here"])
