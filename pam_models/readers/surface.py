"""The hand's surface in camera axes, on demand: skinned from a row's parameters, or as it was stored."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32

from pam_models.hand.free_hand import free_hand
from pam_models.hand.mano_file import load_mano
from pam_models.hand.model import HandModel
from pam_models.hand.skinning import skin
from pam_models.readers.errors import ReadError

AGREEMENT_M = 1e-3


class Surfaces:
    """Skins the hand models of a build's rows: the free hand, and MANO out of the user's own folder.

    What comes out is compared with the rows' joints, so another hand file than the build's is found at once.
    """

    def __init__(self, mano_dir: Path | None = None) -> None:
        self._mano_dir = mano_dir
        self._hands: dict[tuple[str, str, str], HandModel] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Everything but the loaded hands."""
        return {**self.__dict__, "_hands": {}}

    def hand(self, name: str, tip_set: str, side: str) -> HandModel:
        """The hand model that a row names. Raises ReadError for MANO without a folder, BadHandFile for a bad one."""
        known = self._hands.get((name, tip_set, side))
        if known is None:
            known = self._hands[name, tip_set, side] = self._load(name, tip_set, side)
        return known

    def vertices(
        self, labels: np.ndarray, is_right: Bool[np.ndarray, " N"], facts: Mapping[str, Any]
    ) -> Float32[np.ndarray, "N V 3"]:
        """The surfaces of N label records of one clip, metres, OpenCV camera axes.

        Raises:
            ReadError: the hand at hand does not give the joints that the rows state.
        """
        found: np.ndarray | None = None
        for side in ("right", "left"):
            rows = np.flatnonzero(is_right == (side == "right"))
            if not rows.size:
                continue
            hand = self.hand(facts["hand_model"], facts["tip_set"], side)
            chosen = labels[rows]
            posed = skin(hand, chosen["pose_flat"], chosen["betas"], chosen["transl"])
            T_world_cam = chosen["T_world_cam"].astype(np.float64)
            to_camera = partial(_to_camera, T_world_cam)
            off = float(np.abs(to_camera(posed.joints) - chosen["xyz"]).max())
            if not off <= AGREEMENT_M:
                what = f"the {hand.name} {side} hand here gives joints {off * 1000:.1f} mm off the labels"
                raise ReadError(f"clip {facts['clip_id']}: {what}; use the hand file that the build was made with")
            if found is None:
                found = np.empty((len(labels), len(hand.v_template), 3), np.float32)
            found[rows] = to_camera(posed.vertices)
        if found is None:
            raise ReadError(f"clip {facts['clip_id']}: no rows")
        return found

    def _load(self, name: str, tip_set: str, side: str) -> HandModel:
        if name == "free":
            return free_hand(side)
        if self._mano_dir is None:
            raise ReadError(f"rows were made with the {name} hand: name the folder of your MANO files (mano_dir)")
        return load_mano(self._mano_dir, side, tip_set=tip_set.partition("-")[0])


def _to_camera(T_world_cam: np.ndarray, points: Float32[np.ndarray, "N P 3"]) -> Float32[np.ndarray, "N P 3"]:
    moved = (points.astype(np.float64) - T_world_cam[:, None, :3, 3]) @ T_world_cam[:, :3, :3]
    return np.asarray(moved.astype(np.float32))
