"""A generated clip against the true one."""

import numpy as np
import pytest

from pam_models.training.clip_figures import compare_clip, moving_region
from tests.pam_models.training.conftest import made_up_block


def test_a_perfect_clip_wins_and_a_still_one_is_its_own_peer() -> None:
    """Catches figures that a repeated first frame would win unseen."""
    block = made_up_block(3, 9, "physics-3")
    truth = np.asarray(block.stream("rgb"))
    still = np.broadcast_to(truth[:1], truth.shape)
    perfect, poor = compare_clip(block, truth), compare_clip(block, still)
    assert perfect["psnr_db"] == perfect["psnr_moving_db"] == 100.0
    assert poor["psnr_db"] == poor["psnr_still_db"] == perfect["psnr_still_db"]


def test_the_moving_region_has_what_moved_and_what_is_held() -> None:
    """Catches a region that leaves out a hand that rests."""
    block = made_up_block(3, 9, "physics-3")
    region = moving_region(block)
    assert region[0].sum() == block.foreground()[0].sum()
    assert region[1:].mean() > block.foreground()[1:].mean()
    with pytest.raises(ValueError, match="shapes"):
        compare_clip(block, np.asarray(block.stream("rgb"))[:5])
