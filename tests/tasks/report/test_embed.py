"""tasks/report/embed.py: media become addresses that hold the media themselves."""

import base64

import numpy as np

from tasks.media import read_image
from tasks.report.embed import THUMBNAIL_WIDTH_PX, data_uri, thumbnail


def picture_of(uri: str) -> np.ndarray:
    return read_image(base64.b64decode(uri.removeprefix("data:image/jpeg;base64,")))


def test_data_uri_gives_the_bytes_back() -> None:
    """Catches URL-safe base64 and line breaks, which browsers refuse."""
    uri = data_uri("video/mp4", bytes(range(256)) * 2)
    assert base64.b64decode(uri.split(",", 1)[1], validate=True) == bytes(range(256)) * 2


def test_small_pictures_keep_their_pixels() -> None:
    """Catches thumbnails blurred by being enlarged before they are embedded."""
    assert picture_of(thumbnail(np.full((96, 144, 3), 90, np.uint8))).shape == (96, 144, 3)


def test_large_pictures_are_reduced_in_shape() -> None:
    """Catches a page of 30 full-size pictures for each trajectory, and stretched ones."""
    assert picture_of(thumbnail(np.full((480, 720, 3), 90, np.uint8))).shape == (147, THUMBNAIL_WIDTH_PX, 3)
