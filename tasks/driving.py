"""The condition pictures that drive the generators: a trajectory's maps, encoded, with the noise that is asked for."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt8

from pam_models.conditions.encodings import encode
from pam_models.conditions.maps import ConditionMaps
from pam_models.conditions.noise import with_noise
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
    shown = {name: pictures[frames] for name, pictures in encode(maps, names, side=trajectory["side"]).items()}
    sigmas = config.conditions.noise.model_dump()
    seeds = {name: derive_seed(config.seed, trajectory["item_id"], f"noise/{name}") for name in names}
    return with_noise(shown, sigmas, seeds, frames.start or 0)
