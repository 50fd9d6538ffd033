"""Each test names the defect that it catches."""

import os
import signal
import subprocess
import sys
import time

import pytest
import typer

from flows.console import RESUME, speaking_plainly, stopping_soon
from tasks.errors import ConfigError, StoreError, TooManyFailuresError


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("pose.count: no such key;\n did you mean trajectories?"), 2),
        (StoreError("store s3://x: no answer"), 2),
        (TooManyFailuresError("step pose: 3 of 4 items failed"), 1),
    ],
)
def test_an_error_is_one_line_and_an_exit_code(error: Exception, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Catches tracebacks for a person's mistake, messages that rich takes for markup, and a wrong exit code."""
    with pytest.raises(typer.Exit) as left, speaking_plainly():
        raise error
    assert left.value.exit_code == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == f"error: {' '.join(str(error).split())}\n"


def test_a_bug_keeps_its_traceback() -> None:
    """Catches a bug that is sold to the person as their own mistake."""
    with pytest.raises(ZeroDivisionError), speaking_plainly():
        1 / 0  # noqa: B018


def test_ctrl_c_says_how_to_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    """Catches an interrupt that ends in a traceback, and a handler that stays behind."""
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(typer.Exit) as left, speaking_plainly(), stopping_soon():
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(5)
    assert left.value.exit_code == 130
    assert RESUME in capsys.readouterr().out
    assert signal.getsignal(signal.SIGINT) is before


def test_a_build_that_does_not_stop_is_left() -> None:
    """Catches Ctrl-C that waits for ever on a shard, or a second one that is ignored."""
    code = """
import time
from flows.console import stopping_soon
with stopping_soon():
    print("working", flush=True)
    while True:
        try:
            time.sleep(60)
        except KeyboardInterrupt:
            pass
"""
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "working\n"
    child.send_signal(signal.SIGINT)
    assert "again" in child.stdout.readline()
    child.send_signal(signal.SIGINT)
    assert child.stdout.read().strip() == RESUME
    assert child.wait(timeout=10) == 130
    child.stdout.close()
