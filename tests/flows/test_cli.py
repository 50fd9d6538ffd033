"""The command as a person types it. Each test names the defect that it catches."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from flows.cli import app

COMMANDS = ["generate", "plan", "status", "verify", "retry", "report", "train", "evaluate", "simulate"]
SMALL = ["--set", "execution.executor=inline", "--set", "appearance.candidates=4"]


def pam(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_help_names_every_command() -> None:
    """Catches a command that was never registered."""
    result = pam("--help")
    assert result.exit_code == 0
    assert [command for command in COMMANDS if command not in result.stdout] == []


def test_the_version_is_printed() -> None:
    """Catches a version that is written down in two places."""
    assert pam("--version").stdout.split()[0] == "pam"


def test_help_does_not_wait_for_heavy_imports() -> None:
    """Catches an import at the top of a module that makes `pam --help` take seconds."""
    heavy = ("prefect", "ray", "torch", "pyarrow", "numpy", "fsspec", "pydantic")
    code = f"import sys, flows.cli; print([name for name in {heavy!r} if name in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"


@pytest.mark.parametrize("command", ["generate", "plan"])
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--set", "pose.trajectorys=3"], "pose.trajectorys: no such key; did you mean trajectories?"),
        (["--set", "pose.trajectories=-3"], "pose.trajectories: must be at least 1, got -3"),
        (["--profile", "demoo"], "--profile demoo: no such profile; did you mean demo?"),
        (["--config", "nowhere.yaml"], "--config: no such file: nowhere.yaml"),
        (["--build", "a/b"], "--build a/b: use 1 to 64 letters"),
    ],
)
def test_wrong_use_is_refused_in_one_line_before_any_work(
    command: str, options: list[str], words: str, tmp_path: Path
) -> None:
    """Catches a traceback, a build that was begun anyway, and an exit code that scripts take for success."""
    result = pam(command, "--store", str(tmp_path / "store"), *options)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: {words}"), result.stderr
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "store").exists()


def test_a_plan_writes_nothing_and_says_what_is_to_do(tmp_path: Path) -> None:
    """Catches a plan that begins the build, and one that is silent about later steps."""
    result = pam("plan", "--store", str(tmp_path / "store"), "--set", "pose.trajectories=3")
    assert result.exit_code == 0
    cells = {
        line.split("│")[1].strip(): line.split("│")[2].strip() for line in result.stdout.splitlines() if "│" in line
    }
    assert cells["pose"] == "3"
    assert cells["appearance"] == "90"
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("command", ["status", "verify", "retry", "report"])
def test_an_unknown_build_is_named(command: str, tmp_path: Path) -> None:
    """Catches a KeyError in place of the builds that there are."""
    result = pam(command, "nosuch", "--store", str(tmp_path))
    assert result.exit_code == 2
    assert result.stderr.startswith("error: nosuch: no such build in")


@pytest.mark.slow
@pytest.mark.usefixtures("prefect_server")
def test_from_generate_to_verify(toy: Any, tmp_path: Path) -> None:
    """Catches a command that loses its options on the way to the flow, and an end that does not say where it all is."""
    store = ["--store", str(tmp_path / "store")]
    made = pam("generate", *store, *SMALL, "--build", "toy")
    assert made.exit_code == 0, made.output
    assert "Build toy: 3 trajectories, 12 candidates, 3 clips, 9 samples" in made.stdout
    assert f"Report: file://{tmp_path}/store/builds/toy/report/index.html" in made.stdout
    assert re.search(r"^appearance +12/12 ", made.stdout, re.MULTILINE)
    assert "\x1b" not in made.stdout
    status = pam("status", "toy", *store)
    assert status.exit_code == 0
    assert "Build toy: published" in status.stdout
    retried = pam("retry", "toy", *store)
    assert retried.exit_code == 0
    assert "nothing failed" in retried.stdout
    again = pam("generate", *store, *SMALL, "--build", "toy")
    assert "nothing was done again" in again.stdout


@pytest.mark.slow
@pytest.mark.usefixtures("prefect_server")
def test_retry_does_only_what_failed(toy: Any, tmp_path: Path) -> None:
    """Catches a retry that does finished items again, or forgets what depends on the failed one."""
    store = ["--store", str(tmp_path / "store")]
    toy.fails = {("pose", "cup-1")}
    made = pam("generate", *store, *SMALL, "--build", "toy")
    assert "2 trajectories, 8 candidates" in made.stdout
    toy.fails = set()
    retried = pam("retry", "toy", *store)
    assert retried.exit_code == 0, retried.output
    assert "trying failed items again: 1 of pose" in retried.stdout
    assert "3 trajectories, 12 candidates, 3 clips, 9 samples" in retried.stdout


def test_verify_exits_with_one_when_something_is_wrong(tmp_path: Path) -> None:
    """Catches a verification whose findings a script cannot see."""
    from flows.generate import open_build
    from tasks.config import load_config
    from tasks.store import Store

    open_build(load_config(), Store(str(tmp_path)), "begun")
    result = pam("verify", "begun", "--store", str(tmp_path))
    assert result.exit_code == 1
    assert "unfinished" in result.stdout
