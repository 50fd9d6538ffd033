"""Recordings in the datasets' layouts, and configurations that read them."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from tasks.config import GenerateConfig
from tests.pam_models.pose.sources.recordings import grasp, mano, write_dexycb, write_mano, write_oakink2
from tests.tasks.stage_inputs import small_config


def dexycb_config(folder: Path, *assignments: str, side: str = "right") -> GenerateConfig:
    """A recording of DexYCB and a MANO-format file below `folder`, and the configuration for them."""
    hands = write_mano(folder / "mano")
    root = write_dexycb(folder / "dexycb", grasp(mano(hands, side)))
    return small_config("pose.source=dexycb", f"pose.path={root}", f"hand.mano_dir={hands}", *assignments)


def oakink2_config(folder: Path, *assignments: str) -> GenerateConfig:
    """A recording of OakInk2 with two hands and a MANO-format file, and the configuration for them."""
    hands = write_mano(folder / "mano")
    left = grasp(mano(hands, "left"))
    left = replace(left, transl=left.transl + np.float32([0.12, 0.08, 0.02]))
    root = write_oakink2(folder / "oakink2", grasp(mano(hands)), left)
    return small_config("pose.source=oakink2", f"pose.path={root}", f"hand.mano_dir={hands}", *assignments)
