"""Each test names the defect that it catches."""

from tasks.config import load_config
from tasks.expected import expected_items
from tasks.steps import STEPS


def test_the_demo_is_expected_as_it_comes_out() -> None:
    """Catches a plan that promises other numbers than the build makes."""
    expected = expected_items(load_config("demo"), 2)
    assert [expected[name] for name in ("pose", "appearance", "video", "samples")] == [2, 60, 2, 2]


def test_every_kept_candidate_becomes_a_clip_where_no_number_is_asked_for() -> None:
    """Catches `None` that is read as none, and a cut that is rounded up."""
    settings = ["video.clips_per_trajectory=null", "appearance.candidates=5", "select.clips={drop_fraction: 0.25}"]
    expected = expected_items(load_config("demo", None, settings), 3)
    assert expected["appearance"] == 15
    assert expected["video"] == 12
    assert expected["samples"] == 9


def test_more_clips_than_kept_candidates_are_not_promised() -> None:
    """Catches a plan with more clips than there are first frames."""
    settings = ["video.clips_per_trajectory=30", "appearance.candidates=4"]
    assert expected_items(load_config("demo", None, settings), 2)["video"] == 6


def test_every_step_is_expected() -> None:
    """Catches a step that the plan shows with zero items."""
    assert set(expected_items(load_config("demo"), 1)) == {step.name for step in STEPS}
