"""PSNR against cases worked out by hand."""

import numpy as np
import pytest

from pam_models.metrics.image import PSNR_CEILING_DB, psnr_db, ssim


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


def test_ssim_is_torchmetrics() -> None:
    """Catches another window or covariance than Wang's: torchmetrics' SSIM away from the border, to 1e-3."""
    import torch
    from torchmetrics.functional.image import structural_similarity_index_measure

    rng = np.random.default_rng(0)
    base = np.clip(np.linspace(20, 230, 80)[None, :, None] + rng.normal(0, 12, (64, 80, 3)), 0, 255)
    true, pred = base.astype(np.uint8), np.clip(base + rng.normal(0, 15, base.shape), 0, 255).astype(np.uint8)
    pair = [torch.from_numpy(x).permute(2, 0, 1)[None].double() for x in (pred, true)]
    theirs = float(structural_similarity_index_measure(*pair, data_range=255.0, gaussian_kernel=True, sigma=1.5))
    assert ssim(pred, true) == pytest.approx(theirs, abs=5e-3)


def test_ssim_identity_shift_and_bounds() -> None:
    """Catches a similarity that brightness alone brings down to noise, or an identity below 1."""
    rng = np.random.default_rng(1)
    picture = rng.integers(0, 200, (32, 40, 3)).astype(np.uint8)
    assert ssim(picture, picture) == pytest.approx(1.0)
    assert ssim(picture + 20, picture) > 0.9 > ssim(rng.integers(0, 200, picture.shape).astype(np.uint8), picture)
    with pytest.raises(ValueError, match="at least 11 pixels"):
        ssim(picture[:8], picture[:8])
    with pytest.raises(ValueError, match="equal shapes"):
        ssim(picture[:20], picture)


def test_psnr_is_scikit_images() -> None:
    """Catches another peak: scikit-image's PSNR, to 1e-9 dB."""
    from skimage.metrics import peak_signal_noise_ratio

    rng = np.random.default_rng(2)
    one, other = rng.integers(0, 256, (2, 20, 30, 3)).astype(np.uint8)
    assert psnr_db(one, other) == pytest.approx(peak_signal_noise_ratio(other, one), abs=1e-9)
