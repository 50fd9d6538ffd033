"""What `pam train` says when it cannot do what was asked, and which rank has the page."""

import logging
from pathlib import Path

import pytest
from typer.testing import CliRunner

import flows.prefect_server
import flows.training
from flows.cli import app
from flows.train_here import show_training
from pam_models.training.run import Wishes
from pam_models.training.stages import StageEnd

RUNNER = CliRunner()


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (["--profile", "nothing-like-it"], "no training recipe"),
        (["--set", "motion.steps=0"], "motion.steps"),
        (["--export"], "--export needs --model"),
    ],
)
def test_a_wrong_wish_is_answered_before_a_server_is_started(
    arguments: list[str], answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches a traceback, and half a minute of waiting for a server before a misspelt key is found."""
    monkeypatch.setattr(flows.prefect_server, "reporting", lambda: pytest.fail("a server was started"))
    result = RUNNER.invoke(app, ["train", *arguments])
    assert result.exit_code == 1
    assert answer in result.output and len(result.output.strip().splitlines()) == 1


def test_help_names_the_options() -> None:
    """Catches a command whose options nobody can find."""
    result = RUNNER.invoke(app, ["train", "--help"])
    assert result.exit_code == 0
    for option in ("--profile", "--model", "--out", "--minutes", "--set", "--install"):
        assert option in result.output


def test_only_the_first_rank_has_a_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Catches a flow run for every rank of torchrun."""
    asked: list[Wishes] = []

    def plainly(wishes: Wishes, _world: object) -> StageEnd:
        asked.append(wishes)
        return StageEnd("motion", True, "motion: done before")

    monkeypatch.setenv("RANK", "1")
    monkeypatch.setattr(flows.training, "carry_out_plainly", plainly)
    monkeypatch.setattr(flows.prefect_server, "reporting", lambda: pytest.fail("a server was started"))
    result = RUNNER.invoke(app, ["train", "--model", "motion", "--out", str(tmp_path)])
    assert result.exit_code == 0 and asked[0].model == "motion"


def test_training_speaks_on_the_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches half an hour of training without a word."""
    training = logging.getLogger("pam_models")
    for name in ("handlers", "propagate", "level"):
        monkeypatch.setattr(training, name, getattr(training, name))
    show_training()
    logging.getLogger("pam_models.training.pace").info("motion step 10/150")
    assert capsys.readouterr().err.endswith(" motion step 10/150\n")
