"""`pam export` as a person types it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli import app
from tests.pam_models.readers.small_build import ClipPlan, make_build
from tests.tasks.report.published import publish


def pam(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["export", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_export_and_verify(tmp_path: Path) -> None:
    """Catches options that are lost on the way, an end that does not say what was left out, and a blind check."""
    store, build = publish(tmp_path / "store")
    destination = str(tmp_path / "out")
    where = (build.build_id, destination, "--store", store.uri)
    code, out, _ = pam("hamer", *where, "--split", "train", "--set", "files=npz")
    assert code == 0
    assert "- 9 samples" in out
    assert f"Exported 10 files to {destination}" in out
    assert "written before" in pam("hamer", *where, "--split", "train", "--set", "files=npz")[1]
    assert pam("hamer", *where, "--verify")[0] == 0
    next(Path(destination).glob("images/*/*.jpg")).unlink()
    code, out, _ = pam("hamer", *where, "--verify")
    assert code == 1
    assert "is not there" in out and "1 wrong" in out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["simple"], "error: simple: no such layout"),
        (["hamer", "--split", "all"], "error: --split all: no such split"),
        (["hamer", "--max-mpjpe-mm", "0.5"], "max_mpjpe_mm=0.5 leaves 0"),
    ],
)
def test_wrong_use_is_one_line(tmp_path: Path, options: list[str], words: str) -> None:
    """Catches a traceback, and an export of nothing."""
    store, build = publish(tmp_path / "store")
    layout, *more = options
    code, _, err = pam(layout, build.build_id, str(tmp_path / "out"), "--store", store.uri, *more)
    assert code == 2
    assert words in err
    assert err.count("\n") == 1


def test_an_unknown_build_is_named(tmp_path: Path) -> None:
    """Catches an address that is no build of the store taken for one."""
    made = make_build(tmp_path, [ClipPlan(frames=5)])
    code, _, err = pam("hamer", "nosuch", str(tmp_path / "out"), "--store", str(made.store))
    assert code == 2
    assert err.startswith("error: nosuch: no such build in")
