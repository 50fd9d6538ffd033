"""``pam evaluate``. Each test names the defect that it catches."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.evaluation import named_files
from tasks.errors import ConfigError
from tests.tasks.report.published import publish


def test_it_prints_numbers_and_fails_where_a_clip_does(tmp_path: Path) -> None:
    """Catches an exit code of 0 over a damaged clip, and a clip that is not named."""
    store, build = publish(tmp_path)
    command = ["evaluate", build.build_id, "--store", store.uri, "--metrics", "psnr"]
    good = CliRunner().invoke(app, command)
    assert good.exit_code == 0 and "psnr_db" in good.stdout and "2 of 2 clips" in good.stdout
    assert list((tmp_path / "builds" / build.build_id / "evaluations").glob("*/results.md"))
    folder = tmp_path / "real"
    folder.mkdir()
    (folder / "clip0.mp4").write_bytes(b"no video")
    bad = CliRunner().invoke(app, [*command, "--reference", str(folder)])
    assert bad.exit_code == 1 and "does not decode" in bad.stdout and "clip1" in bad.stdout


def test_wrong_use_is_one_line(tmp_path: Path) -> None:
    """Catches a traceback."""
    store, build = publish(tmp_path)
    found = CliRunner().invoke(app, ["evaluate", build.build_id, "--store", store.uri, "--metrics", "fdv"])
    assert found.exit_code == 2 and "no such metric" in found.stderr
    with pytest.raises(ConfigError, match="write it as kind=FILE"):
        named_files(["video"])
    assert named_files(["video=a=b.pt"]) == {"video": "a=b.pt"}
