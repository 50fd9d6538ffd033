"""Shapes are closed, outward, of the right volume, and filled by their convex parts."""

import numpy as np
import pytest

from pam_models.pose.object_file import open_edges
from pam_models.pose.physics.shapes import (
    box_mesh,
    capsule_between,
    lathe_mesh,
    merge,
    mesh_volume_m3,
    quat_z_to,
    tube_mesh,
)

ARC = np.linspace(-np.pi / 2, np.pi / 2, 21)


@pytest.mark.parametrize(
    ("mesh", "volume"),
    [
        (box_mesh([0.1, 0.2, 0.3]), 0.048),
        (lathe_mesh([(0, 0), (0.1, 0), (0.1, 0.5), (0, 0.5)], 256), np.pi * 0.01 * 0.5),
        (
            tube_mesh(np.stack([np.cos(ARC), 0 * ARC, np.sin(ARC)], 1), 0.05, (0.0, 1.0, 0.0), 64),
            np.pi * 0.05**2 * np.pi,
        ),
    ],
)
def test_closed_and_outward(mesh, volume: float) -> None:  # noqa: ANN001
    """Catches flipped faces (negative volume), holes, and wrong sizes."""
    assert open_edges(mesh.faces) == 0
    assert mesh_volume_m3(mesh) == pytest.approx(volume, rel=0.01)


def test_merge_keeps_both() -> None:
    """Catches faces of the second mesh that name vertices of the first."""
    mesh = merge([box_mesh([0.1, 0.1, 0.1]), box_mesh([0.1, 0.1, 0.1], [1.0, 0.0, 0.0])])
    assert mesh_volume_m3(mesh) == pytest.approx(0.016)


@pytest.mark.parametrize("direction", [(1, 0, 0), (0, 0, 1), (0, 0, -1), (0.6, -0.64, 0.48)])
def test_quat_turns_z(direction: tuple[float, float, float]) -> None:
    """Catches xyzw for wxyz and the singular downward case."""
    w, x, y, z = quat_z_to(np.array(direction, float))
    turned = np.array([2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)])
    np.testing.assert_allclose(turned, direction, atol=1e-6)


def test_capsule_spans_its_ends() -> None:
    """Catches full length for half length."""
    part = capsule_between(np.array([0.0, 0.0, 0.0]), np.array([0.0, 0.2, 0.0]), 0.01)
    assert part.size == pytest.approx((0.01, 0.1))
    assert part.pos == pytest.approx((0.0, 0.1, 0.0))
