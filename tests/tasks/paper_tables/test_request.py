"""What a request means for each row. Each test names the defect that it catches."""

from pathlib import Path

import pytest

from tasks.errors import ConfigError
from tasks.paper_tables.request import requested
from tasks.paper_tables.trainings import TrainingPlace


def test_a_trained_model_takes_the_place_of_the_scales_own(tmp_path: Path) -> None:
    """Catches an ablation that measures the published weights under another name."""
    inputs = {"mano": "/m", "cogvideox": "/c", "dexycb": "/d", "true_clips": "/t"}
    asked = requested("2", "paper", inputs, ["seed=3"], [], 5, "cpu")
    row = asked.table.rows[1]
    settings = asked.build_settings(row, asked.with_model(TrainingPlace(tmp_path, ())))
    weights = [setting for setting in settings if setting.startswith("video.weights=")]
    assert weights == [f"video.weights={tmp_path / 'motion' / 'weights.safetensors'}"]
    assert "pose.trajectories=5" in settings and settings[-1] == "seed=3" and asked.reference == "/t"
    assert "conditions.noise.depth=0.25" in settings
    assert "motion.condition_dropout=0.0" in asked.training_settings("unmasked")


def test_a_misspelt_input_is_refused() -> None:
    """Catches a row that stays empty although its file was given."""
    with pytest.raises(ConfigError, match="--input grasxpl: nothing is called so"):
        requested("3", "demo", {"grasxpl": "/g"}, [], [], None, "cpu")
    with pytest.raises(ConfigError, match="--clips 0"):
        requested("3", "demo", {}, [], [], 0, "cpu")
