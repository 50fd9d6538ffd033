"""Ten directions of shape, each one standard deviation of adult hands (roughly, from proportions; millimetres)."""

import numpy as np
from jaxtyping import Float

from pam_models.hand.free_hand_builder.skeleton import FINGERS, THUMB, WRIST
from pam_models.hand.free_hand_builder.weights import along_finger

SHAPE_NAMES: tuple[str, ...] = (
    "size", "finger_length", "thickness", "palm_width", "thumb_length",
    "palm_length", "finger_thickness", "finger_taper", "palm_thickness", "ring_over_index",
)  # fmt: skip


def shape_directions(
    vertices: Float[np.ndarray, "V 3"], normals: Float[np.ndarray, "V 3"], weights: Float[np.ndarray, "V 16"]
) -> Float[np.ndarray, "V 3 10"]:
    """Displacement of every vertex per unit of each coefficient, in the order of SHAPE_NAMES."""
    own = [weights[:, finger.first_joint : finger.first_joint + 3].sum(1)[:, None] for finger in FINGERS]
    thumb_own = weights[:, 13:16].sum(1)[:, None]
    fingers_own = np.sum(own, axis=0)
    palm = 1.0 - fingers_own - thumb_own
    stretch = []
    for finger in (*FINGERS, THUMB):
        place = np.maximum(along_finger(vertices, finger), 0.0)[:, None]
        stretch.append(place * finger.direction)
    lengthen = sum(share * step for share, step in zip(own, stretch[:4], strict=True))
    centre = WRIST + np.array([0.0, -3.0, -3.0])
    hand = np.maximum(vertices[:, :1] - WRIST[0], 0.0)

    width = palm * (vertices - centre) * np.array([0.0, 1.0, 0.0])
    length = palm * hand * np.array([1.0, 0.0, 0.0])
    for share, finger in zip((*own, thumb_own), (*FINGERS, THUMB), strict=True):
        base = finger.joints[0] - centre
        width = width + share * np.array([0.0, base[1], 0.0])
        length = length + share * np.array([base[0], 0.0, 0.0])
    reach = np.max(
        [np.maximum(along_finger(vertices, f), 0.0) / np.linalg.norm(f.joints[3] - f.joints[0]) for f in FINGERS],
        axis=0,
    )
    taper = (0.6 - 1.3 * np.minimum(reach, 1.0))[:, None] * fingers_own * normals
    digits = fingers_own + thumb_own
    ratio = own[2] * stretch[2] - own[0] * stretch[0]
    height = palm * (vertices - centre) * np.array([0.0, 0.0, 1.0])
    return np.stack([
        0.045 * (vertices - WRIST), 0.045 * lengthen, (0.5 + 0.4 * palm) * normals, 0.05 * width,
        0.055 * thumb_own * stretch[4], 0.045 * length, 0.55 * digits * normals, taper, 0.07 * height, 0.022 * ratio,
    ], axis=-1)  # fmt: skip
