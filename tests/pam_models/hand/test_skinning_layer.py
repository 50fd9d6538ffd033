"""The torch layer against numpy and against differences."""

import numpy as np
import pytest
import torch
from scipy.linalg import expm

from pam_models.hand.model import HandModel
from pam_models.hand.skinning import skin
from pam_models.hand.skinning_layer import SkinningLayer, rotation_matrices


def _inputs(seed: int, frames: int = 6) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    pose, betas, transl = (
        rng.normal(0, 0.6, (frames, 48)),
        rng.normal(0, 1.5, (frames, 10)),
        rng.normal(0, 0.5, (frames, 3)),
    )
    pose[0], pose[1] = 0.0, 1e-5
    return tuple(x.astype(np.float32) for x in (pose, betas, transl))  # type: ignore[return-value]


@pytest.mark.parametrize("one_shape", [True, False])
def test_torch_layer_equals_numpy(hand: HandModel, one_shape: bool) -> None:
    """Catches the two code paths drifting apart."""
    pose, betas, transl = _inputs(4)
    shape = betas[0] if one_shape else betas
    numpy_result = skin(hand, pose, shape, transl)
    vertices, joints = SkinningLayer(hand)(*(torch.from_numpy(x) for x in (pose, shape, transl)))
    np.testing.assert_allclose(vertices.numpy(), numpy_result.vertices, atol=2e-6)
    np.testing.assert_allclose(joints.numpy(), numpy_result.joints, atol=2e-6)


def test_gradients_are_right_and_finite_at_the_flat_pose(hand: HandModel) -> None:
    """Catches NaN gradients of Rodrigues at zero, and a layer that cuts the graph."""
    layer = SkinningLayer(hand).double()
    pose = torch.zeros((1, 48), dtype=torch.float64, requires_grad=True)
    zeros = torch.zeros((1, 3), dtype=torch.float64)
    betas = torch.zeros((1, 10), dtype=torch.float64)
    layer(pose, betas, zeros)[1].sum().backward()
    assert pose.grad is not None
    for place in (0, 4, 40):
        step = torch.zeros((1, 48), dtype=torch.float64)
        step[0, place] = 1e-5
        with torch.no_grad():
            rise = layer(step, betas, zeros)[1].sum() - layer(-step, betas, zeros)[1].sum()
        assert float(pose.grad[0, place]) == pytest.approx(float(rise) / 2e-5, abs=1e-6)


def test_torch_rotations_are_rotations_across_the_series_switch() -> None:
    """Catches a wrong series near zero: both branches must agree with the matrix exponential."""
    vectors = np.random.default_rng(5).normal(size=(40, 3)) * np.geomspace(1e-8, 3.0, 40)[:, None]
    turns = rotation_matrices(torch.from_numpy(vectors)).numpy()
    wanted = np.stack([expm(np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])) for x, y, z in vectors])
    np.testing.assert_allclose(turns, wanted, atol=1e-12)
