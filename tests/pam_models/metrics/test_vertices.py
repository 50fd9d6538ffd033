"""PVE, PA-PVE and F-scores. Each test says which defect it would catch."""

import numpy as np
import pytest
from scipy.spatial import procrustes
from scipy.spatial.transform import Rotation

from pam_models.metrics.vertices import f_score, pa_pve_mm, pve_mm

RNG = np.random.default_rng(0)
TRUE = RNG.normal(scale=0.05, size=(4, 60, 3))
WRIST = RNG.normal(size=(4, 3))


def test_identity_shift_and_permutation() -> None:
    """Catches an alignment left out, and vertices that are compared out of order."""
    assert pve_mm(TRUE, TRUE, WRIST, WRIST).max() == 0
    moved = TRUE + np.array([0.3, -0.2, 1.0])
    assert pve_mm(moved, TRUE, WRIST + np.array([0.3, -0.2, 1.0]), WRIST).max() < 1e-9
    assert pve_mm(TRUE + np.array([0.003, 0.004, 0]), TRUE, WRIST, WRIST) == pytest.approx(5.0)
    order = RNG.permutation(60)
    assert pve_mm(TRUE[:, order], TRUE[:, order], WRIST, WRIST).max() == 0
    assert pve_mm(TRUE[:, order], TRUE, WRIST, WRIST).min() > 10


def test_procrustes_takes_a_similarity_away_and_no_mirror() -> None:
    """Catches a missing scale, and a reflection that makes a wrong hand right."""
    turned = 1.3 * TRUE @ Rotation.from_rotvec([0.4, -1.0, 0.2]).as_matrix().T + 0.2
    assert pa_pve_mm(turned, TRUE).max() < 1e-9
    assert pa_pve_mm(TRUE * np.array([-1.0, 1.0, 1.0]), TRUE).min() > 5


def test_procrustes_is_scipys() -> None:
    """Catches a suboptimal alignment: the squared residual equals scipy's disparity, to 1e-9."""
    noisy = TRUE[0] + RNG.normal(scale=0.004, size=(60, 3))
    *_, disparity = procrustes(TRUE[0], noisy)
    spread = ((TRUE[0] - TRUE[0].mean(0)) ** 2).sum()
    from pam_models.metrics.mpjpe import similarity_aligned

    residual = ((similarity_aligned(noisy[None], TRUE[:1])[0] - TRUE[0]) ** 2).sum()
    assert residual / spread == pytest.approx(disparity, abs=1e-9)


def test_f_score_is_the_brute_force_one() -> None:
    """Catches precision and recall of one direction only; sets of different sizes."""
    pred = TRUE[0, :40] + RNG.normal(scale=0.003, size=(40, 3))
    distance = np.linalg.norm(pred[:, None] - TRUE[0][None], axis=-1)
    for threshold in (0.005, 0.015):
        precision, recall = (distance.min(1) <= threshold).mean(), (distance.min(0) <= threshold).mean()
        expected = 2 * precision * recall / (precision + recall)
        assert f_score(pred, TRUE[0], threshold) == pytest.approx(expected, abs=1e-12)
    assert f_score(TRUE[0], TRUE[0][RNG.permutation(60)], 0.005) == 1.0
    assert f_score(TRUE[0] + 10, TRUE[0], 0.005) == 0.0


def test_what_does_not_fit_is_said() -> None:
    """Catches meshes of different order that broadcast into a number."""
    with pytest.raises(ValueError, match=r"two equal shapes \(B, V, 3\)"):
        pve_mm(TRUE[:, :1], TRUE, WRIST, WRIST)
    with pytest.raises(ValueError, match="points on both sides"):
        f_score(np.zeros((0, 3)), TRUE[0], 0.005)
