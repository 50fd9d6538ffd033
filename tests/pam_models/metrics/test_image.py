"""PSNR against cases worked out by hand."""

import numpy as np
import pytest

from pam_models.metrics.image import PSNR_CEILING_DB, psnr_db


def test_a_constant_error_has_its_textbook_value() -> None:
    """Catches uint8 wrap-around (250 - 255 = 251) and a peak of 1."""
    true = np.full((2, 4, 4, 3), 255, np.uint8)
    assert psnr_db(true - 5, true) == pytest.approx(10 * np.log10(255**2 / 25))


def test_equal_pictures_are_finite() -> None:
    """Catches an infinite value that spoils a mean."""
    picture = np.zeros((4, 4, 3), np.uint8)
    assert psnr_db(picture, picture) == PSNR_CEILING_DB


def test_a_region_counts_alone() -> None:
    """Catches a region that is multiplied in instead of selected."""
    true = np.zeros((4, 4, 3), np.uint8)
    pred = true.copy()
    pred[0, 0] = 10
    region = np.zeros((4, 4), bool)
    region[0, 0] = True
    assert psnr_db(pred, true, region) == pytest.approx(10 * np.log10(255**2 / 100))
    assert psnr_db(pred, true, ~region) == PSNR_CEILING_DB


def test_an_empty_region_is_refused() -> None:
    """Catches a nan from the mean of nothing."""
    picture = np.zeros((4, 4, 3), np.uint8)
    with pytest.raises(ValueError, match="empty"):
        psnr_db(picture, picture, np.zeros((4, 4), bool))
