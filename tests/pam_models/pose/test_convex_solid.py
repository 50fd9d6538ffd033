"""Depth in overlapping convex parts."""

import numpy as np

from pam_models.pose.convex_solid import convex_solid
from pam_models.pose.physics.shapes import box_mesh


def test_depth_is_that_of_the_deepest_part() -> None:
    """Catches the nearest part's depth, or the sum of parts, and outside points that count as inside."""
    solid = convex_solid([box_mesh([0.1, 0.1, 0.1]).vertices_m, box_mesh([0.1, 0.1, 0.1], [0.15, 0, 0]).vertices_m])
    points = np.array([[0.08, 0.0, 0.0], [0.0, 0.0, 0.0], [0.3, 0.0, 0.0]])
    np.testing.assert_allclose(solid.depths_m(points), [0.03, 0.1, -0.05], atol=1e-6)
