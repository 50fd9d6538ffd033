"""Hands that no file licence covers: the free one, and a random one in MANO's layout."""

from collections.abc import Callable

import numpy as np
import pytest

from pam_models.hand.free_hand import free_hand
from pam_models.hand.model import PARENTS, HandModel


@pytest.fixture(scope="session")
def hand() -> HandModel:
    return free_hand("right")


@pytest.fixture
def mano_arrays() -> dict[str, np.ndarray]:
    """Random float64 arrays with the names, shapes and dtypes of a MANO file."""
    rng = np.random.default_rng(7)
    weights = rng.random((778, 16))
    regressor = rng.random((16, 778)) * (rng.random((16, 778)) < 0.05)
    return {
        "v_template": rng.normal(0, 0.05, (778, 3)),
        "shapedirs": rng.normal(0, 0.003, (778, 3, 10)),
        "posedirs": rng.normal(0, 0.001, (778, 3, 135)),
        "J_regressor": regressor / regressor.sum(1, keepdims=True),
        "weights": weights / weights.sum(1, keepdims=True),
        "kintree_table": np.stack([np.array([4294967295, *PARENTS[1:]], np.uint32), np.arange(16, dtype=np.uint32)]),
        "f": rng.integers(0, 778, (1538, 3)).astype(np.uint32),
        "hands_mean": rng.normal(0, 0.3, 45),
        "hands_components": np.linalg.qr(rng.normal(size=(45, 45)))[0],
        "hands_coeffs": rng.normal(size=(20, 45)),
    }


def winding_numbers(points: np.ndarray, vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """1 inside a closed outward mesh, 0 outside (solid angles over 4 pi)."""
    corners = vertices[faces].astype(np.float64)
    totals = []
    for point in points.astype(np.float64):
        a, b, c = (corners[:, k] - point for k in range(3))
        la, lb, lc = (np.linalg.norm(x, axis=1) for x in (a, b, c))
        top = np.einsum("ij,ij->i", a, np.cross(b, c))
        dots = (np.einsum("ij,ij->i", x, y) for x, y in ((a, b), (b, c), (c, a)))
        ab, bc, ca = dots
        totals.append(np.arctan2(top, la * lb * lc + ab * lc + bc * la + ca * lb).sum() / (2 * np.pi))
    return np.array(totals)


@pytest.fixture(scope="session")
def winding() -> Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]:
    return winding_numbers


def signed_volume(vertices: np.ndarray, faces: np.ndarray) -> float:
    corners = vertices[faces].astype(np.float64)
    return float(np.einsum("ij,ij->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) / 6.0)


@pytest.fixture(scope="session")
def volume() -> Callable[[np.ndarray, np.ndarray], float]:
    return signed_volume
