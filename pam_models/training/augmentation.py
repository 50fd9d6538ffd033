"""What spoils a rendered crop before the estimator sees it.

Generated pictures are softer, blockier and stranger in colour than rendered ones. The estimator never sees generated
pictures in training (it judges them), so their faults are imitated: blur, lost resolution, blocks, noise, compression,
colour, and things in front.
"""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import UInt8


def spoiled(crop: UInt8[np.ndarray, "S S 3"], rng: np.random.Generator) -> UInt8[np.ndarray, "S S 3"]:
    """A crop with a random choice of faults."""
    picture = crop.astype(np.float32)
    picture = _coloured(picture, rng)
    if rng.random() < 0.35:
        picture = _occluded(picture, rng)
    if rng.random() < 0.45:
        picture = _less_resolved(picture, rng)
    if rng.random() < 0.35:
        sigma = float(rng.uniform(0.4, 1.8))
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.float32)
    if rng.random() < 0.2:
        picture = _smeared(picture, rng)
    if rng.random() < 0.2:
        picture = _blocky(picture, rng)
    if rng.random() < 0.5:
        picture = picture + rng.normal(0.0, rng.uniform(1.0, 14.0), picture.shape).astype(np.float32)
    if rng.random() < 0.15:
        picture = _blotched(picture, rng)
    output = np.clip(picture, 0.0, 255.0).astype(np.uint8)
    return _compressed(output, rng) if rng.random() < 0.3 else output


def _coloured(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Contrast, brightness, a tint per channel, and sometimes less saturation."""
    if rng.random() < 0.2:
        grey = picture.mean(axis=-1, keepdims=True)
        picture = grey + (picture - grey) * rng.uniform(0.2, 1.5)
    gain = rng.uniform(0.75, 1.3) * rng.uniform(0.88, 1.12, 3)
    return np.asarray((picture - 128.0) * gain + 128.0 + rng.uniform(-25.0, 25.0), np.float32)


def _occluded(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One to three flat or noisy rectangles, each up to a third of the side."""
    size = len(picture)
    picture = picture.copy()
    for _ in range(int(rng.integers(1, 4))):
        height, width = (int(value) for value in rng.integers(size // 12, size // 3, 2))
        top, left = int(rng.integers(size - height)), int(rng.integers(size - width))
        patch = rng.uniform(0.0, 255.0, 3) + rng.normal(0.0, rng.uniform(0.0, 30.0), (height, width, 3))
        picture[top : top + height, left : left + width] = patch
    return picture


def _less_resolved(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Down to as little as a third and up again."""
    size = len(picture)
    small = max(8, int(size * rng.uniform(0.33, 0.85)))
    way_up = int(rng.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_NEAREST]))
    reduced = cv2.resize(picture, (small, small), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(reduced, (size, size), interpolation=way_up), np.float32)


def _smeared(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Averaged over a short way, as a coarse decoder leaves what moves fast."""
    shift = rng.uniform(-5.0, 5.0, 2) * len(picture) / 64
    copies = [
        cv2.warpAffine(
            picture,
            np.array([[1.0, 0.0, part * shift[0]], [0.0, 1.0, part * shift[1]]]),
            (len(picture), len(picture)),
            borderMode=cv2.BORDER_REPLICATE,
        )
        for part in (-0.5, 0.0, 0.5)
    ]
    return np.asarray(np.mean(copies, axis=0), np.float32)


def _blocky(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Offsets that are constant within blocks, as a coarse decoder leaves them."""
    size = len(picture)
    cells = int(rng.integers(6, 14))
    offsets = rng.normal(0.0, rng.uniform(3.0, 14.0), (cells, cells, 3)).astype(np.float32)
    return picture + np.asarray(cv2.resize(offsets, (size, size), interpolation=cv2.INTER_NEAREST), np.float32)


def _blotched(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Smooth stains of colour."""
    size = len(picture)
    offsets = rng.normal(0.0, rng.uniform(8.0, 28.0), (5, 5, 3)).astype(np.float32)
    return picture + np.asarray(cv2.resize(offsets, (size, size), interpolation=cv2.INTER_CUBIC), np.float32)


def _compressed(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """JPEG at a quality between 10 and 70."""
    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(10, 70))])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8) if done else picture
