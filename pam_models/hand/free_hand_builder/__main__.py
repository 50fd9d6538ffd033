"""Write `free_hand.npz` next to the module that reads it."""

from pathlib import Path

import numpy as np

from pam_models.hand.free_hand_builder.build import build_arrays

if __name__ == "__main__":
    np.savez_compressed(Path(__file__).parents[1] / "free_hand.npz", **build_arrays())  # type: ignore[arg-type]
