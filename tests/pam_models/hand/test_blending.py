"""The inner loops of skinning against plain numpy, at sizes that fill their blocks and sizes that do not."""

import cv2
import numpy as np
import pytest

from pam_models.hand.blending import add_basis, blend
from pam_models.hand.model import HandModel
from pam_models.hand.skinning import skin


@pytest.mark.parametrize(("batch", "vectors", "length"), [(1, 1, 48), (3, 7, 288), (4, 8, 240), (9, 145, 2352)])
@pytest.mark.parametrize("one_start", [True, False])
def test_sums_of_basis_vectors(batch: int, vectors: int, length: int, one_start: bool) -> None:
    """Catches blocks that overlap, lose their last part, or take a neighbour's coefficients."""
    rng = np.random.default_rng(batch)
    start = rng.normal(size=(1 if one_start else batch, length)).astype(np.float32)
    coefficients = rng.normal(size=(batch, vectors)).astype(np.float32)
    basis = rng.normal(size=(vectors, length)).astype(np.float32)
    sums = np.full((batch, length), 7, np.float32)
    add_basis(start, coefficients, basis, sums)
    np.testing.assert_allclose(sums, start + coefficients.astype(float) @ basis, atol=2e-5)


def test_blending_is_the_weighted_sum_of_transforms() -> None:
    """Catches rows and columns of the transforms exchanged, and padding taken for vertices."""
    rng = np.random.default_rng(1)
    moves, transl = rng.normal(size=(2, 16, 12)), rng.normal(size=(2, 3))
    weights, points = rng.random((16, 32)), rng.normal(size=(2, 3, 32))
    vertices = np.empty((2, 20, 3), np.float32)
    blend(*(a.astype(np.float32) for a in (moves, weights, points.reshape(2, -1), transl)), vertices)
    matrices = np.einsum("jv,bjc->bvc", weights, moves).reshape(2, 32, 3, 4)
    wanted = np.einsum("bvik,bkv->bvi", matrices[..., :3], points) + matrices[..., 3] + transl[:, None]
    np.testing.assert_allclose(vertices, wanted[:, :20], atol=1e-4)


def test_a_hand_is_the_same_to_the_bit_in_any_batch_and_any_thread(hand: HandModel) -> None:
    """Catches sums whose order depends on the batch or the threads: builds would differ between machines."""
    rng = np.random.default_rng(2)
    pose, betas, transl = (rng.normal(size=(131, n)).astype(np.float32) for n in (48, 10, 3))
    threads = cv2.getNumThreads()
    cv2.setNumThreads(3)
    try:
        many = skin(hand, pose, betas, transl)
    finally:
        cv2.setNumThreads(threads)
    for one in (0, 64, 130):
        alone = skin(hand, pose[one : one + 1], betas[one : one + 1], transl[one : one + 1])
        np.testing.assert_array_equal(alone.vertices[0], many.vertices[one])
        np.testing.assert_array_equal(alone.joints[0], many.joints[one])
