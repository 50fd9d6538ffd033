"""Crop, network and the way back, with networks whose answers are known."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from pam_models.estimators.compact.configuration import CompactConfig
from pam_models.estimators.compact.modeling import CompactNetwork, CompactOutput
from pam_models.estimators.compact.pipeline import CompactEstimator
from pam_models.zoo import weights_file
from pam_models.zoo.registry import WeightsError

TINY = CompactConfig(
    input_size=32, widths=(8, 8, 8, 8), blocks=(0, 0, 0, 0), heatmap_channels=8, joint_features=4, hidden=16
)
K = np.array([[150.0, 0.0, 75.0], [0.0, 150.0, 47.5], [0.0, 0.0, 1.0]])
BOX = np.array([[90.0, 20.0, 130.0, 50.0]])


def _image() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (1, 96, 144, 3), dtype=np.uint8)


def _estimator() -> CompactEstimator:
    torch.manual_seed(0)
    return CompactEstimator(CompactNetwork(TINY))


def test_a_left_hand_is_the_mirrored_right_hand() -> None:
    """Catches a sign, an edge or a principal point that is not mirrored back."""
    image, estimator = _image(), _estimator()
    left = estimator.predict(image, BOX, ["left"], K[None])
    mirrored_K = K.copy()
    mirrored_K[0, 2] = 143 - K[0, 2]
    mirrored = np.array([[143 - 130.0, 20.0, 143 - 90.0, 50.0]])
    right = estimator.predict(np.ascontiguousarray(image[:, :, ::-1]), mirrored, ["right"], mirrored_K[None])
    assert left.joints_m == pytest.approx(right.joints_m * [-1, 1, 1], abs=1e-5)
    assert left.joints_px[..., 0] == pytest.approx(143 - right.joints_px[..., 0], abs=1e-3)
    assert left.confidence == pytest.approx(right.confidence, abs=1e-5)


def test_the_crops_middle_comes_back_as_the_boxs_middle() -> None:
    """Catches joints that are returned in crop pixels or off by half a pixel."""

    class Middle(CompactNetwork):
        def forward(self, crops: Tensor) -> CompactOutput:
            count = len(crops)
            return CompactOutput(torch.full((count, 21, 2), 15.5), torch.zeros(count, 21, 3), torch.zeros(count))

    estimate = CompactEstimator(Middle(TINY)).predict(_image(), BOX, ["right"], K[None])
    assert estimate.joints_px[0] == pytest.approx(np.tile([110.0, 35.0], (21, 1)), abs=1e-3)
    assert estimate.confidence == pytest.approx([0.5])


def test_directions_are_turned_back_to_the_pictures_camera() -> None:
    """Catches joints that stay in the virtual camera's axes: its forward must be the ray through the box."""

    class Forward(CompactNetwork):
        def forward(self, crops: Tensor) -> CompactOutput:
            ahead = torch.tensor([0.0, 0.0, 1.0]).expand(len(crops), 21, 3)
            return CompactOutput(torch.zeros(len(crops), 21, 2), ahead, torch.zeros(len(crops)))

    estimate = CompactEstimator(Forward(TINY)).predict(_image(), BOX, ["right"], K[None])
    ray = np.linalg.inv(K) @ [110.0, 35.0, 1.0]
    assert estimate.joints_m[0, 0] == pytest.approx(ray / np.linalg.norm(ray), abs=1e-5)


def test_each_picture_is_judged_alone() -> None:
    """Catches batch statistics in use at inference."""
    images = np.random.default_rng(1).integers(0, 255, (3, 96, 144, 3), dtype=np.uint8)
    estimator = _estimator()
    together = estimator.predict(images, np.repeat(BOX, 3, 0), ["right"] * 3, np.repeat(K[None], 3, 0))
    alone = estimator.predict(images[1:2], BOX, ["right"], K[None])
    assert together.joints_m[1:2] == pytest.approx(alone.joints_m, abs=1e-5)


def test_saved_weights_give_the_same_answer(tmp_path: Path) -> None:
    """Catches buffers (running statistics) that the file leaves out."""
    estimator = _estimator()
    for buffer in estimator.network.buffers():
        if buffer.is_floating_point():
            buffer.add_(0.3)
    path = weights_file.write_model(tmp_path / "weights.safetensors", estimator.network, TINY)
    again = CompactEstimator.load(path)
    first, second = (model.predict(_image(), BOX, ["right"], K[None]) for model in (estimator, again))
    assert np.array_equal(first.joints_m, second.joints_m)


def test_wrong_inputs_are_named(tmp_path: Path) -> None:
    """Catches shape errors that would surface as a line of OpenCV."""
    estimator = _estimator()
    with pytest.raises(ValueError, match="right or left"):
        estimator.predict(_image(), BOX, ["middle"], K[None])
    with pytest.raises(ValueError, match="boxes"):
        estimator.predict(_image(), BOX[:, :3], ["right"], K[None])
    with pytest.raises(WeightsError):
        CompactEstimator.load(tmp_path / "absent.safetensors")
