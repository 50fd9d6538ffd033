"""Hand shapes stay within the joints' limits and differ between draws."""

import numpy as np
import pytest

from pam_models.hand.free_hand import free_hand
from pam_models.pose.physics.hand_body import build_hand_body
from pam_models.pose.physics.hand_shapes import GRASP_TYPES, HandShapeSampler


@pytest.mark.parametrize("kind", GRASP_TYPES)
def test_shapes_keep_limits_and_close(kind: str) -> None:
    """Catches angles beyond the limits, and closing that opens."""
    body = build_hand_body(free_hand("right"), np.zeros(10, np.float32))
    sampler = HandShapeSampler(body)
    low, high = (np.array([getattr(hinge, end) for hinge in body.hinges]) for end in ("low", "high"))
    for seed in range(5):
        shape = sampler.sample(kind, np.random.default_rng(seed))
        for angles in (shape.relaxed, shape.opened, shape.closed):
            assert (angles >= low - 1e-9).all()
            assert (angles <= high + 1e-9).all()
        for name in ("index_mcp", "middle_pip", "thumb_cmc"):
            row = body.hinge_index(name)
            assert shape.closed[row] > shape.opened[row]
    assert not np.allclose(sampler.sample(kind, np.random.default_rng(1)).closed, shape.closed)
