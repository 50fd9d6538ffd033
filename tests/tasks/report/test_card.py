"""tasks/report/card.py: the card's numbers are the build's, and its snippets run."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from tasks.build import Build
from tasks.report.card import cell, flat, front_matter, render_card
from tasks.report.data import ReportData
from tasks.report.reading import PublishedBuild
from tasks.store import Store


@pytest.fixture(scope="module")
def card(published: tuple[Store, Build]) -> str:
    return render_card(PublishedBuild(published[0], "made-up"))


def test_front_matter_is_yaml_for_catalogues(card: str) -> None:
    """Catches broken YAML, a free licence on a bound build, and data files that the snapshot does not name."""
    matter = yaml.safe_load(card.split("---\n")[1])
    assert matter["license"] == "other"
    assert matter["size_categories"] == ["n<1K"]
    assert matter["configs"][0]["data_files"] == [
        "manifests/samples/samples0.parquet",
        "manifests/samples/samples1.parquet",
    ]


def test_free_build_names_its_licence(report: ReportData) -> None:
    """Catches `other` on a build that is simply Apache-2.0."""
    assert yaml.safe_load(front_matter(report, []))["license"] == "apache-2.0"
    mixed = replace(report, license_tags=("MIT", "Apache-2.0"))
    assert yaml.safe_load(front_matter(mixed, []))["license_name"] == "mixed-see-below"


def test_python_snippets_run_as_they_stand(
    card: str, published: tuple[Store, Build], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches instructions that do not work: run in the store's folder, they find the frames and their pictures."""
    path = published[0].local_path("builds")
    assert path is not None
    monkeypatch.chdir(path.parent)
    names: dict[str, object] = {}
    snippets = re.findall(r"```python\n(.*?)```", card, re.DOTALL)
    assert len(snippets) == 3
    for snippet in snippets:
        if "import duckdb" not in snippet:
            exec(compile(snippet, "card", "exec"), names)
    assert names["samples"].num_rows == 18  # type: ignore[attr-defined]
    assert names["picture"].shape == (96, 144, 3)  # type: ignore[attr-defined]
    assert names["joints_px"][1].tolist() == [2.0, 3.0]  # type: ignore[index]
    assert Path("cas").is_dir()


def test_numbers_and_warnings(card: str) -> None:
    """Catches counts of another step, and warnings that only the page gives."""
    assert "| kept / dropped | 9 / 2, threshold 18.00 mm |" in card
    assert "| labelled frames | 18 (train 9, val 9) |" in card
    assert "> **Approximate poses.** 1 of 2" in card
    assert "> **Licence.** Non-commercial use only" in card
    assert "| `seed` | 0 |" in card


def test_tables_are_whole(card: str) -> None:
    """Catches a table's row broken by a bar in its text: every row of a table has as many cells as its head."""
    for block in re.findall(r"(?:^\|.*\n)+", card, re.MULTILINE):
        assert len({line.count("|") for line in block.splitlines()}) == 1, block[:200]
    assert "`mpjpe_mm_per_frame` | T | mm |" in card


def test_text_cannot_leave_its_cell() -> None:
    """Catches data that opens a new row or a code span."""
    assert cell("a|b\n| c | `d`") == "a∣b ∣ c ∣ 'd'"


def test_settings_are_flattened_in_order() -> None:
    """Catches lost nesting and None printed as a value."""
    assert flat({"b": {"y": None, "x": [1]}, "a": True}) == [("a", "True"), ("b.x", "[1]"), ("b.y", "–")]
