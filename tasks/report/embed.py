"""Media inside the page itself, so that the page is one file: thumbnails as JPEG and videos as MP4 data URIs."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import TypeVar

import cv2
import numpy as np
from jaxtyping import UInt8

from tasks.media import encode_jpeg

THUMBNAIL_WIDTH_PX = 220
Made = TypeVar("Made")


def data_uri(media_type: str, data: bytes) -> str:
    """Bytes as an address that needs neither server nor network."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"


def thumbnail(image: UInt8[np.ndarray, "H W 3"]) -> str:
    """A picture at most 220 pixels wide as a JPEG data URI; smaller pictures keep their pixels."""
    height, width = image.shape[:2]
    if width > THUMBNAIL_WIDTH_PX:
        size = (THUMBNAIL_WIDTH_PX, max(1, round(height * THUMBNAIL_WIDTH_PX / width)))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    return data_uri("image/jpeg", encode_jpeg(image, 88))


def attempt(make: Callable[[], Made]) -> tuple[Made | None, str]:
    """What `make` makes, or None and the reason in one line: media that are missing or damaged must not end a page."""
    try:
        return make(), ""
    except (ValueError, OSError, KeyError) as error:
        return None, f"{type(error).__name__}: {error}"
