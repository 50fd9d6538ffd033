"""The command line of training, with the smallest models in place of the demo's."""

import logging
from pathlib import Path

import pytest
import yaml

from pam_models.autoencoder.configuration import AutoencoderConfig
from pam_models.autoencoder.modeling import VideoAutoencoder
from pam_models.estimators.compact.configuration import CompactConfig
from pam_models.estimators.compact.pipeline import CompactEstimator
from pam_models.training import run as command
from pam_models.training.autoencoder import AutoencoderTask
from pam_models.training.estimator import EstimatorTask
from pam_models.training.layout import RunLayout
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
    recipe = yaml.safe_load(
        (command.load_recipe.__globals__["PROFILES"] / "train-demo.yaml").read_text(encoding="utf-8")
    )
    for name in ("autoencoder", "estimator", "appearance", "motion"):
        recipe[name] |= {"steps": 2, "batch": 2, "sample_every": 10}
    recipe["autoencoder"] |= {"crop_frames": [1], "crop_weights": [1.0], "scale_clips": 1, "window": [16, 24]}
    path = tmp_path / "tiny.yaml"
    path.write_text(yaml.safe_dump(recipe), encoding="utf-8")
    monkeypatch.setattr(command, "AutoencoderTask", _with(AutoencoderTask, tiny_autoencoder))
    monkeypatch.setattr(command, "EstimatorTask", _with(EstimatorTask, tiny_estimator))
    monkeypatch.setattr(command, "isinstance", isinstance, raising=False)
    return ["--recipe", str(path), "--dir", str(layout.root), "--zoo", str(tmp_path / "zoo"), "--threads", "1"]


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


def test_a_stopped_model_is_exported_when_asked(arguments: list[str], layout: RunLayout) -> None:
    """Catches weights that appear before training is done, or that cannot be had before."""
    assert command.main(["--model", "estimator", "--steps", "1", *arguments]) == 0
    assert not layout.weights("estimator").exists()
    assert command.main(["--model", "estimator", "--export", *arguments]) == 0
    assert CompactEstimator.load(layout.weights("estimator")).detection_threshold == 0.5


def test_a_model_whose_input_is_missing_says_what_comes_first(
    arguments: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Catches a traceback where one line is enough."""
    with caplog.at_level(logging.ERROR):
        assert command.main(["--model", "motion", *arguments]) == 1
    assert "train the autoencoder" in caplog.text
