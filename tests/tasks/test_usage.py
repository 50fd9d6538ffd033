"""Peaks of this process. Each test says which defect it would catch."""

import numpy as np

from tasks.usage import usage_so_far


def test_the_peak_is_in_bytes_and_never_falls() -> None:
    """Catches kibibytes taken for bytes, and a current figure in place of a peak."""
    before = usage_so_far()
    block = np.ones(64 * 2**20, np.uint8)
    during = usage_so_far()
    del block
    after = usage_so_far()
    assert 2**25 < before.rss_bytes <= during.rss_bytes <= after.rss_bytes
    assert after.gpu_bytes == 0 or after.gpu_bytes >= during.gpu_bytes
