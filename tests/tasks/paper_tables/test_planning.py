"""The plan of a table. Each test names the defect that it catches."""

from tasks.paper_tables.planning import planned
from tasks.paper_tables.request import requested


def test_table_2_and_the_conditions_fit_into_two_hours_on_two_cores() -> None:
    """Catches a scale that grew beyond what a laptop does in an evening."""
    for name in ("2", "conditions"):
        lines = planned(requested(name, "demo", {}, [], [], None, "cpu"))
        assert all(not line.reason for line in lines) and sum(line.seconds for line in lines) < 7200


def test_a_training_says_what_it_begins_with() -> None:
    """Catches a continued training that the table passes over, and scenes that the plan forgets."""
    two = requested("2", "demo", {}, [], [], None, "cpu")
    lines = [line.what for line in planned(two)]
    assert lines[:3] == ["make 48 scenes to train on", "train unmasked: 500 steps", "train masked: 500 steps"]
    assert any("go on from the weights that ship" in note for note in two.notes)
    six = requested("6", "demo", {}, [], [], None, "cpu")
    assert planned(six)[1].what == "train svd_single: 1200 steps"
    assert six.notes == six.table.notes
    assert "motion.condition_dropout=0.2" in two.described()["training masked"]
    assert two.described()["training masked"].count("motion.steps=") == 1
    shorter = requested("2", "demo", {}, [], ["motion.steps=7"], None, "cpu").described()["training masked"]
    assert "motion.steps=7," in shorter and "motion.steps=500" not in shorter
    assert requested("2", "paper", {}, [], [], None, "cpu").start("masked") is None


def test_what_cannot_be_computed_says_why() -> None:
    """Catches a plan that counts hours for rows that will be empty."""
    lines = {line.what: line for line in planned(requested("3", "demo", {}, [], [], None, "cpu"))}
    assert "--input dgrasp=PATH" in lines["build and measure D-Grasp"].reason
    five = planned(requested("5", "demo", {}, [], [], None, "cpu"))
    assert any("no recipe" in line.reason for line in five)


def test_clips_and_motions_are_counted_once_each() -> None:
    """Catches a plan that simulates the same motions again for every row."""
    lines = planned(requested("conditions", "demo", {}, [], [], 10, "cpu"))
    assert lines[0].seconds - lines[1].seconds == 10 * 4 and lines[1].seconds == lines[2].seconds
    (errors,) = planned(requested("errors", "demo", {}, [], [], 10, "cpu"))
    assert "20 clips" in errors.what
