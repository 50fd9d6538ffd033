"""The hand that ships with the project: 778 vertices, closed, genus 0, free of any other hand's licence.

Rest pose, right hand: flat and open, fingers along +x, palm facing -z (back of the hand +z), thumb towards +y; the
wrist joint is near the origin but not on it, so that forgetting J0 shows. A positive rotation about +y bends the
fingers towards the palm, for both hands (`anatomy.py` has the exact axis of every joint).

Left hand: the right one mirrored in y. A pose is mirrored with it (`mirror.py`): axis-angle (x, y, z) becomes
(-x, y, -z), a translation (x, y, z) becomes (x, -y, z), and betas stay.
"""

from functools import cache
from pathlib import Path

import numpy as np

from pam_models.hand.file_layout import hand_from_arrays
from pam_models.hand.mirror import mirrored_hand
from pam_models.hand.model import HandModel

FREE_HAND_FILE = Path(__file__).with_name("free_hand.npz")
TIP_SET = "free-front"


@cache
def free_hand(side: str = "right") -> HandModel:
    """Load the free hand (cached).

    Raises:
        ValueError: side is neither "right" nor "left".
    """
    if side == "left":
        return mirrored_hand(free_hand("right"))
    if side != "right":
        raise ValueError(f"side is {side!r}; it must be 'right' or 'left'")
    with np.load(FREE_HAND_FILE, allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    return hand_from_arrays(arrays, name="free", side="right", tip_set=TIP_SET, license_tags=("Apache-2.0",))
