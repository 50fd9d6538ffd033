"""Table and wall without anything on them."""

from dataclasses import replace

import numpy as np
import pytest

from pam_models.conditions.appearance_style import sample_style
from pam_models.conditions.backdrop import render_backdrop
from pam_models.conditions.camera import Camera, intrinsics, look_at

DOWN = Camera(intrinsics(50.0, 48, 32), look_at((0.0, -0.5, 0.5), (0, 0, 0.1), (0, 0, 1)), 48, 32)
LEVEL = Camera(intrinsics(50.0, 48, 32), look_at((0.0, -0.5, 0.5), (0, 0, 0.5), (0, 0, 1)), 48, 32)


def test_table_points_lie_on_the_table_along_their_rays() -> None:
    """Catches a plane at the wrong height, and points that do not project to their own pixel."""
    points = render_backdrop(DOWN, sample_style(0), 0.1).points_cam
    world = DOWN.to_world(points)
    assert np.isfinite(points).all()
    np.testing.assert_allclose(world[..., 2], 0.1, atol=1e-5)
    rows, columns = np.mgrid[0:32, 0:48]
    np.testing.assert_allclose(DOWN.project(world), np.stack([columns, rows], -1), atol=1e-2)


def test_the_table_ends_in_the_wall() -> None:
    """Catches a hard horizon, table above the horizon, and nan colours."""
    still = render_backdrop(LEVEL, sample_style(1), 0.0)
    for layer in (still.direct_rgb, still.ambient_rgb, still.wall_rgb):
        assert np.isfinite(layer).all()
        assert layer.min() >= 0
    assert not still.direct_rgb[:15].any()
    assert still.wall_rgb[:15].min() > 0
    total = still.direct_rgb + still.ambient_rgb + still.wall_rgb
    assert np.abs(np.diff(total, axis=0)).max() < 0.25 * total.max()


@pytest.mark.parametrize("pattern", ["grain", "brushed", "veins", "weave", "cloudy"])
def test_textures_mix_the_two_colours(pattern: str) -> None:
    """Catches a texture that is flat, or that leaves the range between its two colours."""
    style = replace(
        sample_style(2), table_pattern=pattern, table_rgb=(0.0, 0.0, 0.0), table_second_rgb=(1.0, 1.0, 1.0),
        key_light=(1.0, 1.0, 1.0), light_direction=(0.0, 0.0, 1.0),
    )  # fmt: skip
    share = render_backdrop(DOWN, style, 0.0).direct_rgb
    assert share.min() >= -1e-6
    assert share.max() <= 1 + 1e-6
    assert share.std() > 0.03


def test_unknown_textures_are_refused() -> None:
    """Catches a misspelt texture that would quietly be another one."""
    with pytest.raises(ValueError, match="no table pattern 'lava'"):
        render_backdrop(DOWN, replace(sample_style(2), table_pattern="lava"), 0.0)
