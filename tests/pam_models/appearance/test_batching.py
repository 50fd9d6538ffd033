from pam_models.appearance.batching import pictures_at_once

GIB = 2**30


def test_a_large_gpu_takes_thirty_flux_pictures_and_a_full_one_still_takes_one() -> None:
    """Catches a batch that never grows, and a refusal where memory is short (one is tried)."""
    assert pictures_at_once(1712, 3072, 480, 640, 100 * GIB) >= 30
    assert pictures_at_once(1712, 3072, 480, 640, 0) == 1
    assert 2 <= pictures_at_once(1712, 3072, 480, 640, 8 * GIB) < pictures_at_once(1712, 3072, 480, 640, 16 * GIB)
