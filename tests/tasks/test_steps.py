"""The steps in order."""

from importlib import import_module

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
    """Catches a step whose module lost its `stage`."""
    for step in STEPS:
        module = import_module(step.module)
        assert hasattr(module, "run_select" if step.reduce else "stage"), step.name
    assert hasattr(import_module("tasks.pose"), "items")
