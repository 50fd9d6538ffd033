"""Shadow maps of a floating square."""

import numpy as np
import pytest

from pam_models.conditions.shadows import (
    GRID,
    LightGrid,
    light_grid,
    nearest_to_light,
    sample_grid,
    shaded_share,
    table_contact,
    table_heights,
    table_shadow,
)

UP = np.array([0.0, 0.0, 1.0])
FACES = np.array([[0, 1, 2], [0, 2, 3]], np.int32)


def _square(height: float) -> np.ndarray:
    return np.array([[-0.1, -0.1, height], [0.1, -0.1, height], [0.1, 0.1, height], [-0.1, 0.1, height]], np.float32)


def _at(grid: LightGrid, point: np.ndarray) -> tuple[float, float, float]:
    x, y, h = (grid.axes @ np.asarray(point, np.float32) - grid.origin).tolist()
    return x / grid.cell_m, y / grid.cell_m, h


def test_grid_covers_every_frame_and_looks_along_the_light() -> None:
    """Catches a window fitted to one frame only: shadows would be cut off."""
    direction = np.array([0.3, -0.2, 0.8])
    frames = np.stack([_square(0.2), _square(0.2) + np.array([0.3, 0.1, 0.2])])
    grid = light_grid(direction, frames, 0.01)
    np.testing.assert_allclose(grid.axes @ grid.axes.T, np.eye(3), atol=1e-6)
    np.testing.assert_allclose(grid.axes[2], direction / np.linalg.norm(direction), atol=1e-6)
    for point in frames.reshape(-1, 3):
        x, y, h = _at(grid, point)
        assert 5 < x < GRID - 5
        assert 5 < y < GRID - 5
        assert h > 0


def test_nearest_to_light_is_the_height_of_the_upper_surface() -> None:
    """Catches the lower of two surfaces winning: the wrong one would cast the shadow."""
    vertices = np.concatenate([_square(0.1), _square(0.3)])
    grid = light_grid(UP, vertices[None], 0.01)
    heights = nearest_to_light(vertices, np.concatenate([FACES, FACES + 4]), grid)
    x, y, h = _at(grid, np.array([0.0, 0.0, 0.3]))
    assert abs(sample_grid(heights, x, y) - h) < 1e-4
    assert heights[0, 0] == 0


def test_table_heights_lie_on_the_table() -> None:
    """Catches a sign error in the tilted plane, which made high things cast sharp shadows."""
    grid = light_grid(np.array([0.5, 0.1, 0.8]), _square(0.2)[None], 0.01)
    heights = table_heights(grid, UP, 0.07)
    local = np.array([40 * grid.cell_m, 90 * grid.cell_m, heights[90, 40]]) + grid.origin
    assert abs((grid.axes.T @ local)[2] - 0.07) < 1e-5


def test_shadow_is_dark_inside_soft_outside_and_softer_from_above() -> None:
    """Catches missing or hard shadows, and blur that does not grow with height."""
    darkness = {}
    for height in (0.02, 0.3):
        vertices = _square(height)
        grid = light_grid(UP, np.stack([_square(0.02), _square(0.3)]), 0.02)
        closeness = nearest_to_light(vertices, FACES, grid)
        shadow = table_shadow(closeness, grid, 0.02, table_heights(grid, UP, 0.0))
        assert shadow.min() >= 0
        assert shadow.max() <= 1 + 1e-5
        assert sample_grid(shadow, *_at(grid, np.zeros(3))[:2]) > 0.95
        darkness[height] = sample_grid(shadow, *_at(grid, np.array([0.118, 0.0, 0.0]))[:2])
    assert 0 <= darkness[0.02] < darkness[0.3] < 0.5


def test_contact_darkens_only_what_is_near_the_table() -> None:
    """Catches ambient darkening under lifted things, and none under standing ones."""
    grid = light_grid(UP, np.stack([_square(0.0), _square(0.3)]), 0.014)
    table_m = -float(grid.origin[2])
    low, high = (table_contact(_square(height), FACES, grid, table_m) for height in (0.005, 0.2))
    assert sample_grid(low, *_at(grid, np.zeros(3))[:2]) > 0.7
    assert high.max() < 1e-6


def test_contact_of_something_that_reaches_high_fades_from_its_foot() -> None:
    """Catches triangles that cross the contact's reach being taken for ones that a camera must clip."""
    tilted = np.array([[-0.1, 0.0, 0.01], [0.1, 0.0, 0.01], [0.0, 0.1, 0.3]], np.float32)
    grid = light_grid(UP, tilted[None], 0.014)
    contact = table_contact(tilted, FACES[:1], grid, -float(grid.origin[2]))
    foot, middle, top = (sample_grid(contact, *_at(grid, np.array([0.0, y, 0.0]))[:2]) for y in (0.01, 0.05, 0.11))
    assert foot > middle > 10 * top
    assert contact[:5].max() < 1e-6


def test_shaded_share_counts_what_is_above() -> None:
    """Catches surfaces that shade themselves and shadows read from the wrong cell."""
    heights = np.zeros((20, 20), np.float32)
    heights[:, 10:] = 0.5
    assert shaded_share(heights, 15.0, 10.0, 0.5) == 0
    assert shaded_share(heights, 15.0, 10.0, 0.3) == pytest.approx(1)
    assert shaded_share(heights, 4.0, 10.0, 0.3) == 0
    assert 0.2 < shaded_share(heights, 9.5, 10.0, 0.3) < 0.8
    assert shaded_share(heights, 0.0, 0.0, 0.3) == 0
    assert sample_grid(heights, 9.5, 3.2) == pytest.approx(0.25)
    assert sample_grid(heights, -0.5, 3.0) == 0
