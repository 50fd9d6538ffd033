"""The commands that look at builds, called as functions. Each test names the defect that it catches."""

from pathlib import Path

import pytest

from flows.builds import mark_for_retry, rewrite_report, show_plan, show_status, show_verdict
from tasks.build import open_build
from tasks.config import load_config
from tasks.errors import PamError
from tasks.store import Store


@pytest.fixture
def begun(tmp_path: Path) -> str:
    """A store with a build that was begun and has no part yet."""
    open_build(load_config(), Store(str(tmp_path)), "begun")
    return str(tmp_path)


def test_a_plan_of_a_named_build_counts_its_own_items(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Catches a plan of the defaults in place of the build that was asked for."""
    open_build(load_config(assignments=["pose.trajectories=5"]), Store(str(tmp_path)), "mine")
    show_plan(None, None, [], str(tmp_path), "mine")
    assert "~150" in capsys.readouterr().out


def test_a_build_without_parts_is_to_do(begun: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Catches an empty build that is called finished."""
    show_status("begun", begun)
    printed = capsys.readouterr().out
    assert "not published yet" in printed
    assert "0/1" in printed


def test_an_unfinished_build_does_not_verify(begun: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Catches a verification that passes because there was nothing to read."""
    assert show_verdict("begun", begun) is False
    assert "not finished" in capsys.readouterr().out


def test_nothing_is_marked_where_nothing_ran(begun: str) -> None:
    """Catches retry marks for items that have not run."""
    assert mark_for_retry("begun", begun) is False
    assert not (Path(begun) / "builds/begun/retries").exists()


def test_an_unpublished_build_has_no_report(begun: str) -> None:
    """Catches a report over half of a build."""
    with pytest.raises(PamError, match="begun: has no snapshot yet"):
        rewrite_report("begun", begun)
