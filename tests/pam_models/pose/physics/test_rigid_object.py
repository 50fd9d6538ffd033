"""Where an object's vertices are while it rests."""

from dataclasses import replace

import numpy as np

from pam_models.pose.physics.objects import make_object


def test_resting_vertices_are_turned_and_raised() -> None:
    """Catches an inverted rotation, and a height that is added before it."""
    box = make_object("box", 1)
    np.testing.assert_allclose(box.resting_vertices_m()[:, 2].min(), 0.0, atol=1e-7)
    half = float(np.sqrt(0.5))
    lying = replace(box, rest_quat=(half, half, 0.0, 0.0), rest_height_m=0.5)
    point = box.mesh.vertices_m[0]
    np.testing.assert_allclose(lying.resting_vertices_m()[0], [point[0], -point[2], 0.5 + point[1]], atol=1e-6)
