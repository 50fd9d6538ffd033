"""Errors on unseen scenes. Each test names the defect that it catches."""

from pathlib import Path

import pytest
import torch

from pam_models.downstream.measuring import unseen_errors
from pam_models.estimators.compact.configuration import CompactConfig
from pam_models.estimators.compact.modeling import CompactNetwork
from pam_models.training.frame_store import save_block
from pam_models.zoo.weights_file import write_model
from tests.pam_models.training.conftest import made_up_block


def test_each_unseen_scene_counts_once_and_training_scenes_never(tmp_path: Path) -> None:
    """Catches training pictures in the test, a mean over frames, and a mesh error where there is no mesh."""
    config = CompactConfig(
        input_size=32, widths=(8, 8, 8, 8), blocks=(0, 0, 0, 0), heatmap_channels=8, joint_features=4, hidden=16
    )
    torch.manual_seed(0)
    weights = write_model(tmp_path / "weights.safetensors", CompactNetwork(config), config)
    save_block(tmp_path, "train-pictures-0", made_up_block(0, 4, "seen"))
    save_block(tmp_path, "held-pictures-1", made_up_block(1, 2, "a"))
    save_block(tmp_path, "held-pictures-2", made_up_block(2, 6, "b"))
    errors = unseen_errors(weights, tmp_path)
    assert set(errors.of_scene_mm) == {"a", "b"}
    result = errors.pa_mpjpe(0)
    assert result.n == 2 and result.value == pytest.approx(sum(errors.of_scene_mm.values()) / 2)
    assert errors.pa_mpvpe().value is None and "no mesh" in (errors.pa_mpvpe().reason or "")
    with pytest.raises(ValueError, match="no picture of a hand"):
        unseen_errors(weights, tmp_path / "empty")
