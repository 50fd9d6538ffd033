"""The downstream table and curve. Each test names the defect that it catches."""

from pathlib import Path

from pam_models.downstream.measuring import UnseenErrors
from pam_models.downstream.mixing import mixes
from pam_models.downstream.recipe import load_downstream
from tasks.downstream_report import simplehand_outcome, written_outcome


def test_a_gain_is_a_gain_and_the_papers_curve_stands_beside_it(tmp_path: Path) -> None:
    """Catches a sign turned round, the paper's numbers at the wrong share, and stand-ins that nobody mentions."""
    recipe = load_downstream("demo")
    found = {
        mix: UnseenErrors({f"s{n}": 10 + n - 4 * mix.fraction - 2 * mix.with_synthetic for n in range(8)})
        for mix in mixes(recipe.fractions)
    }
    files, text = written_outcome(recipe, found, tmp_path)
    assert text.count("holds |") == 4 and "the other way round" not in text
    assert "| 25 % real + synthetic | 10.5 [" in text and "| 6.1 |" in text and "say nothing about real hands" in text
    assert Path(files["curve"]).stat().st_size > 3000


def test_the_official_lines_are_quoted() -> None:
    """Catches a figure that is read out of a text of unknown form."""
    mix = mixes([1.0])[0]
    outcome = simplehand_outcome({mix: ["aligned 5.5 mm"]})
    assert outcome.rows[0].note == "aligned 5.5 mm" and outcome.rows[0].cells["pa_mpjpe"].paper == 5.5
