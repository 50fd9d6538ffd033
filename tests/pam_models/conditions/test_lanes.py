"""The vector kernels of the z-buffer, eight pixels alone."""

import numpy as np
from numba import njit

from pam_models.conditions.lanes import block_hides, fill_block, line_values

WHOLE = (0.0, 0.0, 0.0)


@njit
def filled(window: np.ndarray, at: int, tag: np.int32, edges: tuple, slopes: tuple, plane: tuple) -> None:
    fill_block(window, at, tag, edges, slopes, (0.0, 0.0, 0.0), plane)


@njit
def valued(values: np.ndarray, at: int) -> None:
    line_values(values, at, 2.0, 3.0, 1.0, 0.5)


@njit
def hides(window: np.ndarray, at: int, number: int) -> bool:
    return bool(block_hides(window, at, number))


def heights(window: np.ndarray) -> np.ndarray:
    return (window >> 32).astype(np.int32).view(np.float32)


def test_a_block_is_drawn_inside_its_edges_and_nearest_wins() -> None:
    """Catches a pixel beyond an edge, a farther triangle over a nearer one, and a write outside the eight pixels."""
    window = np.zeros(24, np.int64)
    # Lane k is inside where 5 >= k: six pixels at heights 1.0, 1.1, ...
    filled(window, 8, np.int32(7), (5.0, 0.0, 0.0), (1.0, 0.0, 0.0), (1.0, 0.1, 0.0, 9.0))
    np.testing.assert_array_equal((window & 0xFFFFFFFF)[8:16], [7, 7, 7, 7, 7, 7, 0, 0])
    np.testing.assert_allclose(heights(window)[8:14], 1.0 + 0.1 * np.arange(6), rtol=1e-6)
    assert not window[:8].any() and not window[16:].any()
    filled(window, 8, np.int32(9), WHOLE, WHOLE, (1.25, 0.0, 0.0, 9.0))
    np.testing.assert_array_equal((window & 0xFFFFFFFF)[8:16], [9, 9, 9, 7, 7, 7, 9, 9])


def test_a_slivers_height_stays_between_its_corners() -> None:
    """Catches a steep plane that is extrapolated past its triangle and hides what lies before it."""
    window = np.zeros(8, np.int64)
    filled(window, 0, np.int32(1), WHOLE, WHOLE, (1.0, 100.0, 1.5, 2.0))
    np.testing.assert_array_equal(heights(window), [1.5, 2, 2, 2, 2, 2, 2, 2])


def test_values_of_a_line_and_what_hides_a_block() -> None:
    """Catches lanes in another order, and a block that is passed over although one pixel lies below."""
    values = np.zeros(16)
    valued(values, 8)
    np.testing.assert_array_equal(values[8:], 2.0 * (3.0 + np.arange(8) - 1.0) - 0.5)
    assert not values[:8].any()
    window = np.full(8, 5, np.int64)
    assert hides(window, 0, 5) and not hides(window, 0, 6)
    window[3] = 4
    assert not hides(window, 0, 5)
