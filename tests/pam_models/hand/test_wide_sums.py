"""The two vector kernels of skinning against NumPy, each alone."""

import numpy as np
from numba import njit

from pam_models.hand.wide_sums import add_products, move_vertices


@njit
def four_sums(start: np.ndarray, coefficients: np.ndarray, basis: np.ndarray, sums: np.ndarray, low: int) -> None:
    add_products(start, (0, 1, 1, 0), coefficients, (0, 1, 2, 3), basis, sums, low)


@njit
def sixteen_vertices(
    moves: np.ndarray, weights: np.ndarray, posed: np.ndarray, low: int, transl: np.ndarray, placed: np.ndarray, at: int
) -> None:
    move_vertices(moves, 1, weights, posed, low, transl, placed, at)


def drawn(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).normal(size=shape).astype(np.float32)


def test_products_are_added_to_each_hands_own_start_and_nowhere_else() -> None:
    """Catches a hand that takes another's start or coefficients, and a write past its 48 columns."""
    start, basis = drawn(2, 96), drawn(6, 96)
    coefficients = np.zeros((4, 8), np.float32)
    coefficients[:, :6] = drawn(4, 6)
    sums = np.full((4, 96), 7.0, np.float32)
    four_sums(start, coefficients, basis, sums, 48)
    expected = start[[0, 1, 1, 0]].astype(np.float64) + coefficients[:, :6].astype(np.float64) @ basis
    np.testing.assert_allclose(sums[:, 48:], expected[:, 48:], atol=2e-6)
    assert (sums[:, :48] == 7.0).all()


def test_vertices_are_moved_by_their_weighted_transforms_and_woven() -> None:
    """Catches exchanged axes, a transform that is not blended, and x, y, z that do not lie in turn."""
    count, low, at = 32, 16, 48
    moves, weights, transl = drawn(2, 192), np.abs(drawn(16, count)), drawn(2, 3)
    posed, placed = drawn(2, 3 * count), np.zeros((1, 3 * count), np.float32)
    sixteen_vertices(moves, weights, posed, low, transl, placed, at)
    transforms = moves[1].reshape(16, 3, 4).astype(np.float64)
    points = posed[1].reshape(3, count)[:, low : low + 16].T
    blended = np.einsum("jn,jrc->nrc", weights[:, low : low + 16], transforms)
    expected = np.einsum("nrc,nc->nr", blended[:, :, :3], points) + blended[:, :, 3] + transl[1]
    np.testing.assert_allclose(placed[0, at:].reshape(16, 3), expected, atol=5e-5)
    assert (placed[0, :at] == 0).all()
