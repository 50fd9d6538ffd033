"""The hand as rigid capsules on hinges, sized from the mesh vertices that each bone owns."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64

from pam_models.hand.model import HandModel
from pam_models.hand.skinning import rest_joints
from pam_models.pose.physics.articulation import FINGERS, FIRST_JOINT, Hinge, PalmFrame, hinges, palm_frame

# How much of a bone's flesh the capsule encloses: the extents are taken between these percentiles.
_EXTENT_PERCENTILES = (1.0, 99.0)
# Finger flesh gives way by about half a millimetre, so the rigid capsule is that much thinner than the skin.
_FIRMNESS = 0.94


@dataclass(frozen=True)
class Capsule:
    """A capsule fixed to one MANO joint, end points relative to that joint in the rest frame, metres."""

    joint: int
    start_m: Float64[np.ndarray, "3"]
    end_m: Float64[np.ndarray, "3"]
    radius_m: float


@dataclass(frozen=True)
class HandBody:
    """A hand ready to be simulated: rest joints and fingertips (metres), hinges, capsules, and the palm's frame."""

    side: str
    joints_m: Float64[np.ndarray, "16 3"]
    tips_m: Float64[np.ndarray, "5 3"]
    hinges: tuple[Hinge, ...]
    capsules: tuple[Capsule, ...]
    palm: PalmFrame

    def hinge_index(self, name: str) -> int:
        """Row of a hinge by its name."""
        return [hinge.name for hinge in self.hinges].index(name)


def build_hand_body(hand: HandModel, betas: Float[np.ndarray, "10"]) -> HandBody:
    """Make the simulated hand of a hand model and shape."""
    vertices = (hand.v_template + hand.shapedirs @ np.asarray(betas, np.float32)).astype(np.float64)
    joints = rest_joints(hand, betas).astype(np.float64)
    tips = vertices[hand.tip_vertices]
    frame = palm_frame(joints, hand.side)
    owner = hand.weights.argmax(axis=1)
    capsules = [*_palm_capsules(vertices[owner == 0], joints, frame)]
    tip_row = {"thumb": 0, "index": 1, "middle": 2, "ring": 3, "pinky": 4}
    for finger in FINGERS:
        first = FIRST_JOINT[finger]
        ends = [joints[first + 1], joints[first + 2], tips[tip_row[finger]]]
        for link, end in enumerate(ends):
            joint = first + link
            capsules.append(_phalanx_capsule(joint, joints[joint], end, vertices[owner == joint], is_tip=link == 2))
    return HandBody(hand.side, joints, tips, tuple(hinges(joints, tips, hand.side)), tuple(capsules), frame)


def _phalanx_capsule(
    joint: int,
    start: Float64[np.ndarray, "3"],
    end: Float64[np.ndarray, "3"],
    vertices: Float64[np.ndarray, "N 3"],
    *,
    is_tip: bool,
) -> Capsule:
    """Fit a capsule along a bone; at a fingertip its round end stops where the flesh stops."""
    length = float(np.linalg.norm(end - start))
    along = (end - start) / length
    if len(vertices) < 4:
        return Capsule(joint, np.zeros(3), end - start, 0.3 * length)
    relative = vertices - start
    position = relative @ along
    middle = relative[(position > 0.1 * length) & (position < 0.9 * length)]
    chosen = middle if len(middle) >= 6 else relative
    side = _any_perpendicular(along)
    other = np.cross(along, side)
    low, high = np.percentile(np.stack([chosen @ side, chosen @ other], 1), _EXTENT_PERCENTILES, axis=0)
    shift = side * (low[0] + high[0]) / 2 + other * (low[1] + high[1]) / 2
    radius = float((high - low).mean() / 2) * _FIRMNESS
    reach = float(position.max()) - radius if is_tip else length
    return Capsule(joint, shift, shift + along * max(reach, 0.2 * length), radius)


def _palm_capsules(
    vertices: Float64[np.ndarray, "N 3"], joints: Float64[np.ndarray, "16 3"], frame: PalmFrame
) -> list[Capsule]:
    """One capsule per metacarpal of the four fingers, as thick as the palm is there."""
    wrist = joints[0]
    heads = np.stack([joints[FIRST_JOINT[finger]] for finger in FINGERS[:4]]) - wrist
    relative = vertices - wrist
    roots = 0.15 * heads
    spans = heads - roots
    t = np.clip(np.einsum("vfi,fi->vf", relative[:, None] - roots, spans) / (spans**2).sum(1), 0.0, 1.0)
    closest = roots + t[..., None] * spans
    gaps = relative[:, None] - closest
    gaps = gaps - frame.palm * (gaps @ frame.palm)[..., None]
    nearest = np.linalg.norm(gaps, axis=2).argmin(axis=1)
    capsules = []
    for row in range(4):
        mine = relative[(nearest == row) & (relative @ frame.fingers > 0.1 * (heads[row] @ frame.fingers))]
        low, high = np.percentile(mine @ frame.palm, _EXTENT_PERCENTILES) if len(mine) >= 6 else (-0.012, 0.012)
        axis_height = float((roots[row] + heads[row]) @ frame.palm / 2)
        shift = frame.palm * ((low + high) / 2 - axis_height)
        capsules.append(Capsule(0, roots[row] + shift, heads[row] + shift, float((high - low) / 2)))
    return capsules


def _any_perpendicular(unit: Float64[np.ndarray, "3"]) -> Float64[np.ndarray, "3"]:
    helper = np.eye(3)[int(np.abs(unit).argmin())]
    perpendicular: Float64[np.ndarray, 3] = np.cross(unit, helper)
    perpendicular /= np.linalg.norm(perpendicular)
    return perpendicular
