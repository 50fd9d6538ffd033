"""Kernel distances. Each test says which defect it would catch."""

import numpy as np
import pytest

from pam_models.metrics.kernel_distance import kernel_distance, kernel_result
from pam_models.metrics.result import MetricSpec

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(12, 5)), RNG.normal(size=(12, 5)) + 0.5


def by_loops(x: np.ndarray, y: np.ndarray) -> float:
    """The unbiased estimate in plain loops, kernel (x.y / D + 1)^3."""

    def kernel(a: np.ndarray, b: np.ndarray) -> float:
        return float((a @ b / len(a) + 1) ** 3)

    n = len(x)
    within = sum(kernel(s[i], s[j]) for s in (x, y) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    return within - 2 * sum(kernel(a, b) for a in x for b in y) / n**2


def test_it_is_the_definition_in_loops() -> None:
    """Catches a diagonal that is counted, and another kernel: to 1e-9."""
    assert kernel_distance(X, Y, 0) == pytest.approx(by_loops(X, Y), abs=1e-9)


def test_permutation_and_order_of_the_sides() -> None:
    """Catches a distance that depends on pairs."""
    assert kernel_distance(X[::-1].copy(), Y, 0) == pytest.approx(kernel_distance(X, Y, 0))
    assert kernel_distance(Y, X, 0) == pytest.approx(kernel_distance(X, Y, 0))


def test_farther_sets_are_farther() -> None:
    """Catches a sign."""
    assert kernel_distance(X, X + 2.0, 0) > kernel_distance(X, X + 1.0, 0) > 0


def test_sides_of_different_sizes_are_drawn_from_the_seed() -> None:
    """Catches a draw from a global generator."""
    assert kernel_distance(X, Y[:9], 3) == kernel_distance(X, Y[:9], 3)


def test_too_few_are_a_reason() -> None:
    """Catches a division by zero."""
    assert kernel_result(MetricSpec("kid", "1", "lower", "p"), [X[:1]], [Y[:1]], 0).reason is not None
    with pytest.raises(ValueError, match="one width"):
        kernel_distance(X, Y[:, :2], 0)
