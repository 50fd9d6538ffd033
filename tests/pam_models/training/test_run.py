"""The command line of training, with the smallest models in place of the demo's."""

import logging
from pathlib import Path

import pytest
import yaml

from pam_models.autoencoder.configuration import AutoencoderConfig
from pam_models.autoencoder.modeling import VideoAutoencoder
from pam_models.estimators.compact.configuration import CompactConfig
from pam_models.estimators.compact.pipeline import CompactEstimator
from pam_models.training import model_tasks
from pam_models.training import run as command
from pam_models.training.autoencoder import AutoencoderTask
from pam_models.training.estimator import EstimatorTask
from pam_models.training.layout import RunLayout
from pam_models.training.recipe import PROFILES
from pam_models.zoo.registry import load


@pytest.fixture
def arguments(
    layout: RunLayout,
    tiny_autoencoder: AutoencoderConfig,
    tiny_estimator: CompactConfig,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> list[str]:
    """Everything but --model."""
    recipe = yaml.safe_load((PROFILES / "train-demo.yaml").read_text(encoding="utf-8"))
    for name in ("autoencoder", "estimator", "appearance", "motion"):
        recipe[name] |= {"steps": 2, "batch": 2, "sample_every": 10}
    recipe["autoencoder"] |= {"crop_frames": [1], "crop_weights": [1.0], "scale_clips": 1, "window": [16, 24]}
    path = tmp_path / "tiny.yaml"
    path.write_text(yaml.safe_dump(recipe), encoding="utf-8")
    monkeypatch.setattr(model_tasks, "AutoencoderTask", _with(AutoencoderTask, tiny_autoencoder))
    monkeypatch.setattr(model_tasks, "EstimatorTask", _with(EstimatorTask, tiny_estimator))
    return ["--profile", str(path), "--out", str(layout.root), "--zoo", str(tmp_path / "zoo"), "--threads", "1"]


def _with(task: type, config: object) -> type:
    class Tiny(task):  # type: ignore[misc]
        def __init__(self, recipe: object, layout: object) -> None:
            super().__init__(recipe, layout, config)

    return Tiny


def test_a_finished_model_is_exported_with_what_it_was_made_from(
    arguments: list[str], layout: RunLayout, tmp_path: Path
) -> None:
    """Catches an autoencoder that is exported before its latents' statistics are known, and weights without a
    record.
    """
    assert command.main(["--model", "autoencoder", *arguments]) == 0
    model = VideoAutoencoder.load(layout.weights("autoencoder"))
    assert not model.latents_std.eq(1).all()
    stored = load("demo-autoencoder", tmp_path / "zoo")
    assert stored.metadata["steps"] == "2 of 2, batch 2"
    assert "psnr_rgb_db" in stored.metadata["held_out"]
    assert "2 of 2 declared steps" in (layout.model("autoencoder") / "card.md").read_text(encoding="utf-8")


def test_a_finished_model_is_not_trained_again_unless_its_recipe_changed(
    arguments: list[str], layout: RunLayout, caplog: pytest.LogCaptureFixture
) -> None:
    """Catches work done twice, and weights that outlive the recipe that made them."""
    assert command.main(["--model", "autoencoder", *arguments]) == 0
    written = layout.weights("autoencoder").stat().st_mtime_ns
    with caplog.at_level(logging.INFO):
        assert command.main(["--model", "autoencoder", *arguments]) == 0
    assert "done before" in caplog.text and layout.weights("autoencoder").stat().st_mtime_ns == written
    assert command.main(["--model", "autoencoder", "--set", "autoencoder.steps=3", *arguments]) == 0
    assert layout.weights("autoencoder").stat().st_mtime_ns > written


def test_a_stopped_model_is_exported_when_asked(arguments: list[str], layout: RunLayout) -> None:
    """Catches weights that appear before training is done, or that cannot be had before."""
    assert command.main(["--model", "estimator", "--steps", "1", *arguments]) == 0
    assert not layout.weights("estimator").exists()
    assert command.main(["--model", "estimator", "--export", *arguments]) == 0
    assert CompactEstimator.load(layout.weights("estimator")).detection_threshold == 0.5


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (["--model", "motion"], "train the autoencoder"),
        (["--model", "nothing"], "it has kinematic, scenes"),
        (["--export"], "--export needs --model"),
        (["--set", "motion.stepz=3"], "motion.stepz"),
        (["--set", "motion"], "write key=value"),
        (["--set", "estimator=null", "--model", "estimator"], "no stage 'estimator'"),
        (["--set", "data={kind: snapshot, store: s, build: b}", "--model", "import"], "pam train"),
        (["--model", "estimator", "--set", "estimator.batches_per_step=3"], None),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    arguments: list[str], asked: list[str], answer: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    """Catches a traceback where one line is enough."""
    with caplog.at_level(logging.ERROR):
        code = command.main([*asked, *arguments])
    assert code == (0 if answer is None else 1)
    if answer is not None:
        (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
        assert answer in record.getMessage() and "\n" not in record.getMessage()


def test_finished_weights_stay_out_of_the_package(arguments: list[str]) -> None:
    """Catches a small trial that overwrites the weights that ship."""
    profile = arguments[:4]
    assert command.wishes_of("pam train", profile).zoo is None
    assert command.wishes_of("pam train", [*profile, "--install"]).zoo == command.DEMO_DIRECTORY
