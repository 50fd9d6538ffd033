"""``pam downstream`` as a person types it. Each test names the defect that it catches."""

from pathlib import Path

from typer.testing import CliRunner

from flows.cli import app


def test_simplehand_is_refused_in_one_line_without_the_users_checkout(tmp_path: Path) -> None:
    """Catches builds and exports that are made before an absent checkout is noticed."""
    result = CliRunner().invoke(app, ["downstream", "--simplehand", str(tmp_path)])
    said = " ".join(result.output.split())
    assert result.exit_code == 2 and "has no train.py; give a checkout" in said and "Traceback" not in said
    wrong = CliRunner().invoke(app, ["downstream", "--recipe", "nothing"])
    assert wrong.exit_code == 2 and "known are demo" in " ".join(wrong.output.split())
