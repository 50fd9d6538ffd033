"""Gaussian noise on the pictures that drive the generators: the paper's robustness test (supplementary, Table 2).

Labels never see it. A condition's noise is that of a disturbed sensor: independent for each pixel, channel and frame.
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Float32, UInt8

Pictures = UInt8[np.ndarray, "T H W 3"]


def noisy(pictures: Pictures, sigma: float, seed: int, first_frame: int = 0) -> Pictures:
    """Pictures plus noise of standard deviation `sigma`, a share of the full range of a channel (0.1 is 25.5 of 255).

    Frame t of a clip gets the same noise wherever it is drawn: the noise follows from `seed` and the frame's number,
    which is `first_frame` for the first picture given. What leaves the range of a byte is clipped. The pictures given
    are left alone; a sigma of 0 returns them.

    Raises:
        ValueError: sigma is negative or not finite.
    """
    _check(sigma)
    if sigma == 0:
        return pictures
    disturbed = np.empty(pictures.shape, np.uint8)
    for t, picture in enumerate(pictures):
        drawn = np.random.default_rng([seed, first_frame + t]).standard_normal(picture.shape, np.float32)
        disturbed[t] = np.clip(np.rint(picture + np.float32(255 * sigma) * drawn), 0, 255)
    return disturbed


def noisy_joints(
    joints_px: Float[np.ndarray, "T 21 2"], sigma: float, seed: int, height: int
) -> Float32[np.ndarray, "T 21 2"]:
    """Joints (pixels) plus noise of standard deviation `sigma` times the picture's height, for models that take them as
    numbers. Raises ValueError as `noisy`.
    """
    _check(sigma)
    drawn = np.random.default_rng(seed).standard_normal(np.shape(joints_px), np.float32)
    return np.asarray(joints_px + np.float32(sigma * height) * drawn, np.float32)


def _check(sigma: float) -> None:
    if not 0 <= sigma < np.inf:
        raise ValueError(f"the sigma of noise must be a finite number of at least 0, got {sigma}")


def with_noise(
    conditions: Mapping[str, Pictures], sigmas: Mapping[str, float], seeds: Mapping[str, int], first_frame: int = 0
) -> dict[str, Pictures]:
    """Condition pictures by name, each with the noise that `sigmas` asks for; names that it lacks stay as they are.

    Raises:
        ValueError: as `noisy`.
    """
    return {
        name: noisy(pictures, sigmas.get(name, 0.0), seeds[name], first_frame) for name, pictures in conditions.items()
    }
