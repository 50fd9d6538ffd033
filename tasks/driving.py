"""The condition pictures that drive the generators: a trajectory's maps, encoded, with the noise that is asked for."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32, UInt8

from pam_models.conditions.encodings import encode
from pam_models.conditions.maps import ConditionMaps
from pam_models.conditions.noise import noisy_joints, with_noise
from tasks.config import GenerateConfig
from tasks.ids import derive_seed
from tasks.stage import Row

EVERY_FRAME = slice(None)


def driving_pictures(
    config: GenerateConfig, trajectory: Row, maps: ConditionMaps, names: Sequence[str], frames: slice = EVERY_FRAME
) -> dict[str, UInt8[np.ndarray, "T H W 3"]]:
    """Pictures of the named conditions in `frames`; depth is normalised over the whole trajectory all the same.

    The noise of a condition follows from the trajectory and its name, so every candidate and clip sees the same.
    """
    encoded = encode(maps, names, config.conditions.encoding, trajectory["side"])
    shown = {name: pictures[frames] for name, pictures in encoded.items()}
    sigmas = config.conditions.noise.model_dump()
    seeds = {name: _seed(config, trajectory, name) for name in names}
    return with_noise(shown, sigmas, seeds, frames.start or 0)


def driving_joints(config: GenerateConfig, trajectory: Row, maps: ConditionMaps) -> Float32[np.ndarray, "T 21 2"]:
    """The joints in pixels, for models that take the keypoint condition as numbers; with that condition's noise."""
    sigma = config.conditions.noise.keypoints
    return noisy_joints(maps.joints_px, sigma, _seed(config, trajectory, "keypoints"), maps.depth_m.shape[1])


def _seed(config: GenerateConfig, trajectory: Row, name: str) -> int:
    return derive_seed(config.seed, trajectory["item_id"], f"noise/{name}")
