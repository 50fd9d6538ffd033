"""Labels against the condition maps of their trajectory: the hand's mask lies in its box, and visible is visible."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from pam_models.conditions.palette import HAND_LABEL, SECOND_HAND_LABEL
from tasks.scene import unpack_maps
from tasks.verification.findings import Findings

# A pixel belongs to the mask when its centre is inside, so the mask ends within a pixel of the surface's box.
MASK_PX = 1.0


@dataclass
class Shown:
    """Boxes and visible joints of each trajectory and side, frame by frame, once: its clips all show the same motion.

    About 5 kB for a trajectory of 49 frames.
    """

    hands: dict[str, dict[str, dict[int, tuple[np.ndarray, np.ndarray]]]] = field(default_factory=dict)

    def agree(
        self,
        trajectory: str,
        side: str,
        frames: Int[np.ndarray, " N"],
        boxes: Float[np.ndarray, "N 4"],
        visible: Bool[np.ndarray, "N 21"],
    ) -> bool:
        """Takes the labels of a clip; False where they are not those of the trajectory's clips before."""
        known = self.hands.setdefault(trajectory, {}).setdefault(side, {})
        same = True
        for frame, box, seen in zip(frames.tolist(), boxes, visible, strict=True):
            before = known.setdefault(frame, (box.copy(), seen.copy()))
            same = same and np.array_equal(before[0], box) and np.array_equal(before[1], seen)
        return same


def check_masks(
    maps: bytes, sides: tuple[str, str | None], shown: Mapping[str, Mapping[int, tuple[np.ndarray, np.ndarray]]],
    where: str, findings: Findings,
) -> None:  # fmt: skip
    """Looks whether the maps' masks and joints agree with what samples say of the first and the second hand."""
    try:
        found = unpack_maps(maps)
    except (OSError, ValueError, KeyError) as error:
        findings.find("unreadable media", where, f"is no npz of condition maps ({type(error).__name__})")
        return
    hands = [(sides[0], HAND_LABEL, found.joint_visible)]
    if sides[1] is not None and found.second is not None:
        hands.append((sides[1], SECOND_HAND_LABEL, found.second.joint_visible))
    for side, label, visible in hands:
        for frame, (box, seen) in shown.get(side, {}).items():
            if not np.array_equal(visible[frame], seen):
                what = f"frame {frame}: joint_visible of the samples is not what the maps show"
                findings.find("label off", where, what)
            outside = _outside_px(found.labels[frame] == label, box)
            if outside > MASK_PX:
                what = f"frame {frame}: the {side} hand's mask reaches {outside:.1f} px out of bbox_xyxy"
                findings.find("label off", where, what)


def _outside_px(mask: UInt8[np.ndarray, "H W"], box: Float[np.ndarray, "4"]) -> float:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return 0.0
    return float(max(box[0] - columns[0], box[1] - rows[0], columns[-1] - box[2], rows[-1] - box[3]))
