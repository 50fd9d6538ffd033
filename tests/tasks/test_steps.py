"""The steps in order."""

import ast
from importlib import import_module
from pathlib import Path

from tasks.config.output import output_subset
from tasks.steps import BY_NAME, STEPS, steps_of
from tests.tasks.conftest import toy_config


def test_parents_come_before_their_children() -> None:
    """Catches a step that would be planned over a table that is not there yet."""
    seen: set[str] = set()
    for step in STEPS:
        assert set(step.parents) <= seen, step.name
        seen.add(step.name)


def test_the_cut_over_clips_runs_only_where_it_is_configured() -> None:
    """Catches clips dropped without being asked, and a cut that is skipped."""
    assert "select-clips" not in [step.name for step in steps_of(toy_config())]
    assert "select-clips" in [step.name for step in steps_of(toy_config("select.clips.drop_fraction=0.25"))]


def test_counts_change_how_many_items_there_are_and_not_which() -> None:
    """Catches thirty candidates that all get new ids because a thirty-first is asked for."""
    few, many = (output_subset(toy_config(f"appearance.candidates={n}", f"pose.trajectories={n}")) for n in (2, 9))
    for name in ("pose", "appearance"):
        assert BY_NAME[name].subset(few) == BY_NAME[name].subset(many)
    other = output_subset(toy_config("appearance.steps=3"))
    assert BY_NAME["appearance"].subset(few) != BY_NAME["appearance"].subset(other)
    assert BY_NAME["pose"].subset(few) == BY_NAME["pose"].subset(other)


def test_every_module_makes_its_stage() -> None:
    """Catches a step whose module lost its `stage`. Sources are read, not run: that loads every model library."""
    for step in STEPS:
        source = Path(import_module("tasks").__path__[0], f"{step.module.removeprefix('tasks.')}.py").read_text()
        names = {node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}
        assert ("run_select" if step.reduce else "stage") in names, step.name
        assert step.name != "pose" or "items" in names
