"""Fréchet distances. Each test says which defect it would catch."""

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from pam_models.metrics.frechet import frechet_distance, frechet_result
from pam_models.metrics.result import MetricSpec

SPEC = MetricSpec("fvd[x]", "1", "lower", "p")
RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 8)) @ RNG.normal(size=(8, 8))
Y = 0.5 + RNG.normal(size=(150, 8)) @ RNG.normal(size=(8, 8))


def by_root(x: np.ndarray, y: np.ndarray) -> float:
    """The published formula with scipy's matrix root."""
    one, two = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    shift = x.mean(0) - y.mean(0)
    return float(shift @ shift + np.trace(one + two - 2 * sqrtm(one @ two).real))


def test_it_is_the_formula_with_a_matrix_root() -> None:
    """Catches a wrong trace of the root, or population covariances: scipy's root, to 1e-8."""
    assert frechet_distance(X, Y) == pytest.approx(by_root(X, Y), rel=1e-8)


def test_it_is_torchmetrics() -> None:
    """Catches another definition than the one everybody uses: torchmetrics' FID over an identity network."""
    from torchmetrics.image.fid import FrechetInceptionDistance

    class Flat(torch.nn.Module):
        num_features = 12

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.reshape(len(x), -1).double()

    metric = FrechetInceptionDistance(feature=Flat(), input_img_size=(3, 2, 2), normalize=False).set_dtype(
        torch.float64
    )
    pictures = RNG.integers(0, 255, (2, 60, 3, 2, 2)).astype(np.uint8)
    metric.update(torch.from_numpy(pictures[0]), real=True)
    metric.update(torch.from_numpy(pictures[1]), real=False)
    ours = frechet_distance(pictures[1].reshape(60, 12).astype(float), pictures[0].reshape(60, 12).astype(float))
    assert ours == pytest.approx(float(metric.compute()), rel=1e-6)


def test_identity_shift_and_permutation() -> None:
    """Catches a distance to oneself, and a shift that counts by more than its square."""
    assert frechet_distance(X, X) == pytest.approx(0.0, abs=1e-8)
    assert frechet_distance(X + 3.0, X) == pytest.approx(8 * 9.0)
    assert frechet_distance(X[::-1], Y) == pytest.approx(frechet_distance(X, Y))
    assert frechet_distance(X, Y) == pytest.approx(frechet_distance(Y, X))


def test_fewer_samples_than_features() -> None:
    """Catches complex or negative numbers out of singular covariances: worked by hand for two samples each. Along the
    one axis both spread on, variances are 2 and 8, and (sqrt 8 - sqrt 2)^2 = 2; the means are 1 apart."""
    one = np.zeros((2, 30))
    other = np.zeros((2, 30))
    one[:, 0] = [-1, 1]
    other[:, 0] = [-2, 2]
    other[:, 5] = 1
    assert frechet_distance(one, other) == pytest.approx(2.0 + 1.0)


def test_the_interval_holds_the_estimate() -> None:
    """Catches the shift of resampled distances, which puts the estimate outside its own interval."""
    ours, theirs = [row[None] for row in X[:40]], [row[None] for row in Y[:40]]
    found = frechet_result(SPEC, ours, theirs, seed=0)
    assert found.value == pytest.approx(frechet_distance(X[:40], Y[:40]))
    assert found.low is not None and found.high is not None and found.low < found.value < found.high
    assert found == frechet_result(SPEC, ours, theirs, seed=0)


def test_too_few_are_a_reason() -> None:
    """Catches a covariance of one sample."""
    assert (
        frechet_result(SPEC, [X[:1]], [Y[:1]], 0).reason == "needs at least two samples on each side, there are 1 and 1"
    )
    assert frechet_result(SPEC, [], [], 0).reason is not None
    with pytest.raises(ValueError, match="one width"):
        frechet_distance(X, Y[:, :3])
