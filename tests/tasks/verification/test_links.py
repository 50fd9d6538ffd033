"""Rows of made-up tables against each other, without a store."""

from pathlib import Path
from typing import Any

import pytest

from tasks.build import Build, open_build
from tasks.config import load_config
from tasks.store import Store
from tasks.verification.findings import Findings
from tasks.verification.links import Light, check_completeness, check_links


@pytest.fixture
def build(tmp_path: Path) -> Build:
    return open_build(load_config(assignments=["pose.trajectories=1"]), Store(str(tmp_path)))


def row(item: str, parent: str | None = None, **links: Any) -> dict[str, Any]:
    return {"item_id": item, "parent_id": parent, "status": "ok", "part": f"part-of-{item}", **links}


@pytest.fixture
def tables() -> Light:
    """A trajectory with two candidates and a clip of the first."""
    return {
        "pose": [row("t")],
        "appearance": [row("a", "t", trajectory_id="t"), row("b", "t", trajectory_id="t")],
        "video": [row("v", "a", trajectory_id="t", candidate_id="a")],
    }


def found_in(build: Build, tables: Light) -> list[tuple[str, str]]:
    findings = Findings()
    check_links(build, tables, findings)
    return [(finding.kind, finding.where) for finding in findings.found]


def test_whole_tables_have_nothing_to_find(build: Build, tables: Light) -> None:
    """Catches a check that cries wolf."""
    assert found_in(build, tables) == []


def test_a_row_that_stands_twice_is_found(build: Build, tables: Light) -> None:
    """Catches an item whose samples would count twice in training."""
    tables["appearance"].append(row("a", "t", trajectory_id="t"))
    assert found_in(build, tables) == [("doubled row", "appearance")]


@pytest.mark.parametrize("links", [{"candidate_id": "gone"}, {"trajectory_id": "gone"}])
def test_a_link_that_leads_nowhere_is_found(build: Build, tables: Light, links: dict[str, str]) -> None:
    """Catches a clip of a candidate, or of a trajectory, that no table has."""
    tables["video"] = [row("v", "a", **{"trajectory_id": "t", "candidate_id": "a", **links})]
    assert found_in(build, tables) == [("dangling link", "part-of-v")]


def test_a_parent_that_is_gone_is_found(build: Build, tables: Light) -> None:
    """Catches a table whose parents were lost."""
    tables["pose"] = []
    kinds = found_in(build, tables)
    assert ("dangling link", "part-of-a") in kinds and ("dangling link", "part-of-b") in kinds


def test_items_that_are_lost_or_stray_are_named(build: Build) -> None:
    """Catches a table that lacks an item of its plan, and one with items that nobody planned."""
    findings = Findings()
    check_completeness(build, {"pose"}, (0, 1), {"pose": [row("stray")]}, findings)
    kinds = {finding.kind: finding.what for finding in findings.found}
    assert set(kinds) == {"lost item", "stray item"} and kinds["stray item"].startswith("stray has a row")
