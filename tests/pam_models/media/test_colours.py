"""Colours there and back, by whole numbers."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from pam_models.media.colours import i420_to_rgb, rgb_to_i420


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 255, 0), (0, 0, 255), (92, 0, 255)])
def test_flat_colours_come_back(colour: tuple[int, int, int]) -> None:
    """Catches exchanged channels, BT.601 for BT.709, full range for limited, and rounding to the dark side."""
    picture = np.full((8, 12, 3), colour, np.uint8)
    assert np.abs(i420_to_rgb(rgb_to_i420(picture)).astype(int) - picture).max() <= 2


def test_the_known_values() -> None:
    """Catches a matrix that is only consistent with itself: BT.709 limited range by its definition."""
    planes = rgb_to_i420(np.full((2, 2, 3), (255, 0, 0), np.uint8))
    assert planes.ravel().tolist() == [63] * 4 + [102, 240]


def test_chroma_stands_in_the_middle_of_its_pixels() -> None:
    """Catches colours that wander to one side, which doubles edges against the labels."""
    ramp = np.zeros((8, 64, 3), np.uint8)
    ramp[..., 0] = np.arange(64) * 4
    back = i420_to_rgb(rgb_to_i420(ramp)).astype(int)
    assert np.abs((back - ramp)[2:6, 4:60, 0].mean()) < 0.5
    flipped = i420_to_rgb(rgb_to_i420(np.ascontiguousarray(ramp[:, ::-1]))).astype(int)
    assert np.abs(flipped[:, ::-1] - back).max() <= 1


def test_smooth_pictures_lose_little() -> None:
    """Catches blocks of colour in place of a blend."""
    y, x = np.mgrid[0:48, 0:64]
    picture = np.stack([x * 4, y * 5, 255 - x * 2 - y], -1).clip(0, 255).astype(np.uint8)
    assert np.abs(i420_to_rgb(rgb_to_i420(picture)).astype(int) - picture).mean() < 1.0


def test_threads_and_sizes_do_not_mix() -> None:
    """Catches a picture written into the memory that another thread, or another size, works in."""
    rng = np.random.default_rng(0)
    planes = [rgb_to_i420(rng.integers(0, 256, (8 + 2 * (n % 3), 16, 3), dtype=np.uint8)) for n in range(60)]
    alone = [i420_to_rgb(one).copy() for one in planes]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(i420_to_rgb, planes))
    for found, wanted in zip(together, alone, strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_a_picture_goes_where_it_is_wanted() -> None:
    """Catches a place in a batch that is left as it was."""
    planes = rgb_to_i420(np.random.default_rng(1).integers(0, 256, (8, 12, 3), dtype=np.uint8))
    batch = np.zeros((3, 8, 12, 3), np.uint8)
    i420_to_rgb(planes, batch[1])
    np.testing.assert_array_equal(batch[1], i420_to_rgb(planes))
    assert not batch[[0, 2]].any()
