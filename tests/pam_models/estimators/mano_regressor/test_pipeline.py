from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from pam_models.estimators.base import HandEstimate
from pam_models.estimators.mano_regressor.pipeline import ManoRegressor

TIPS = np.array([744, 320, 443, 554, 671])
BOXES = np.array([[100.0, 100.0, 200.0, 200.0]] * 3, np.float32)
K = np.tile(np.eye(3, dtype=np.float32), (3, 1, 1))


class KnownNetwork(nn.Module):
    """Answers the same hand for every crop, its wrist away from the origin, and counts its batches."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        generator = torch.Generator().manual_seed(0)
        self.joints, self.vertices = (torch.randn(n, 3, generator=generator) * 0.1 for n in (21, 778))
        self.batches: list[int] = []

    def forward(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        count = len(batch["img"])
        self.batches.append(count)
        flat = torch.full((count, 21, 2), 0.25)
        joints, vertices = (points.expand(count, -1, -1) for points in (self.joints, self.vertices))
        return {"pred_keypoints_3d": joints, "pred_vertices": vertices, "pred_keypoints_2d": flat}


class KnownDetector:
    estimator_id = "known@1"
    detection_threshold = 0.5

    def predict(self, images: np.ndarray, boxes: np.ndarray, sides: Sequence[str], K: np.ndarray) -> HandEstimate:
        empty = np.zeros((len(images), 21, 3), np.float32)
        return HandEstimate(empty, empty[..., :2], np.array([0.9, 0.1, 0.9], np.float32))


def predict(tips: np.ndarray | None = None, batch_size: int = 49) -> tuple[HandEstimate, KnownNetwork]:
    network = KnownNetwork()
    regressor = ManoRegressor("hamer", network, KnownDetector(), tip_vertices=tips, batch_size=batch_size)
    images = np.zeros((3, 480, 640, 3), np.uint8)
    return regressor.predict(images, BOXES, ["right", "left", "right"], K), network


def test_joints_are_relative_to_the_wrist_and_left_hands_are_mirrored_back() -> None:
    """Catches joints that keep MANO's offset of the wrist (10 cm), or a left hand that stays a right one."""
    estimate, network = predict()
    expected = (network.joints - network.joints[0]).numpy()
    assert estimate.joints_m[0] == pytest.approx(expected, abs=1e-6)
    assert estimate.joints_m[1] == pytest.approx(expected * [-1, 1, 1], abs=1e-6)
    assert estimate.vertices_m is not None
    assert estimate.vertices_m[1] == pytest.approx(
        (network.vertices - network.joints[0]).numpy() * [-1, 1, 1], abs=1e-6
    )
    assert estimate.joints_px[0, 0, 0] - 150 == pytest.approx(150 - estimate.joints_px[1, 0, 0])


def test_fingertips_are_those_of_the_labels() -> None:
    """Catches five joints compared with other points of the skin than the labels name."""
    estimate, network = predict(TIPS + 1)
    expected = (network.vertices[TIPS + 1] - network.joints[0]).numpy()
    assert estimate.joints_m[0, [4, 8, 12, 16, 20]] == pytest.approx(expected, abs=1e-6)


def test_the_detector_says_whether_there_is_a_hand() -> None:
    """Catches a regressor that vouches for its own box."""
    estimate, _ = predict()
    assert estimate.confidence == pytest.approx([0.9, 0.1, 0.9])


def test_crops_are_run_in_batches() -> None:
    """Catches crops one by one, which costs eight times the time on a GPU."""
    assert predict(batch_size=2)[1].batches == [2, 1]
