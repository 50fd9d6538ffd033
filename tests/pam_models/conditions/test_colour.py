"""sRGB and linear light."""

import numpy as np

from pam_models.conditions.colour import TONE_RANGE, TONE_STEPS, linear, tone_table


def test_colours_below_the_knee_survive_the_round_trip() -> None:
    """Catches a double or missing gamma, which makes every picture too dark or washed out."""
    rgb = (0.02, 0.4, 0.8)
    table = tone_table()
    back = [table[int(value / TONE_RANGE * TONE_STEPS + 0.5)] / 255 for value in linear(rgb)]
    np.testing.assert_allclose(back, rgb, atol=0.01)


def test_highlights_are_compressed_not_clipped() -> None:
    """Catches burnt-out highlights, where form is lost, and a table that is not monotonous."""
    table = tone_table().astype(int)
    assert (np.diff(table) >= 0).all()
    assert table[-1] < 255
    assert table[-1] > table[TONE_STEPS // 2] > table[TONE_STEPS // 4]
