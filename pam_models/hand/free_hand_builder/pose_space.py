"""The free hand's own relaxed pose and an orthonormal basis of poses, in place of MANO's mean and components."""

import numpy as np
from jaxtyping import Float

from pam_models.hand.free_hand_builder.skeleton import FINGERS, THUMB

# Degrees of flexion at the three joints of each finger of a hand at rest.
RELAXED_DEG = {
    "index": (14.0, 28.0, 14.0), "middle": (20.0, 34.0, 17.0), "ring": (24.0, 36.0, 18.0), "pinky": (25.0, 34.0, 17.0),
    "thumb": (6.0, 10.0, 16.0),
}  # fmt: skip


def hands_mean() -> Float[np.ndarray, "45"]:
    """Axis-angle of joints 1..15 of the relaxed hand."""
    mean = np.zeros((15, 3))
    for finger in (*FINGERS, THUMB):
        bends = np.deg2rad(RELAXED_DEG[finger.name])
        mean[finger.first_joint - 1 : finger.first_joint + 2] = bends[:, None] * finger.flexion_axis
    return mean.ravel()


def hands_components() -> Float[np.ndarray, "45 45"]:
    """Orthonormal rows: closing the hand, closing each finger against the others, spreading, then the rest."""
    rows = [np.zeros((15, 3)) for _ in range(15)]
    for number, finger in enumerate((*FINGERS, THUMB)):
        for joint in range(3):
            place = finger.first_joint - 1 + joint
            rows[0][place] = (1.0 if number < 4 else 0.4) * finger.flexion_axis
            rows[1 + number][place] = finger.flexion_axis
            rows[6][place] = (1.0, 0.0, -1.0)[joint] * finger.flexion_axis
        rows[7 + number][finger.first_joint - 1] = finger.dorsal
    rows[12][12] = THUMB.direction
    system = np.concatenate([np.stack([row.ravel() for row in rows]), np.eye(45)])
    basis: list[Float[np.ndarray, 45]] = []
    for row in system:
        rest = row - sum((np.dot(row, made) * made for made in basis), np.zeros(45))
        rest = rest - sum((np.dot(rest, made) * made for made in basis), np.zeros(45))
        if np.linalg.norm(rest) > 1e-3:
            basis.append(rest / np.linalg.norm(rest))
        if len(basis) == 45:
            break
    return np.stack(basis)
