"""Motion fidelity: whether points of a generated clip move as those of the reference do.

Source: Yatim et al. 2024 (Space-Time Features for Text-driven Motion Transfer) and the paper. The released script, the
paper's formula and this file are three variants; this one, exactly:

- velocity: difference of a track's places in adjacent frames, where both are valid;
- static tracks are dropped: mean speed below `STATIC_PX` pixels per step at a picture height of `AT_HEIGHT_PX`, in
  proportion for others; so are tracks with fewer than two valid steps;
- similarity of two tracks: mean, over the steps that are valid in both and in which at least one of them moves (speed
  of at least a tenth of the static limit), of the cosine between their velocities; 0 where only one moves; tracks that
  share no such step have similarity 0;
- fidelity: half of (mean over generated tracks of the best reference track + mean over reference tracks of the best
  generated one). Range -1..1, 1 is best. (As printed, the paper's sum has no half; its numbers fit the half.)

Limits: best matches over many tracks favour clips in which everything moves alike; a tracker that loses points in a
blurred clip drops what it should punish, so the share of tracks kept is reported beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from pam_models.metrics.tracks import Tracks

STATIC_PX = 0.5
AT_HEIGHT_PX = 480
FEWEST_STEPS = 2


@dataclass(frozen=True)
class MotionFidelity:
    """The fidelity of one clip, and how many of both clips' tracks counted for it."""

    value: float
    generated_tracks: int
    reference_tracks: int


def motion_fidelity(generated: Tracks, reference: Tracks, height_px: int) -> MotionFidelity:
    """Symmetric motion fidelity of two clips of one length and picture height.

    Raises ValueError when the lengths differ, and when no track of one of them moves.
    """
    if generated.valid.shape[1] != reference.valid.shape[1]:
        frames = f"{generated.valid.shape[1]} and {reference.valid.shape[1]}"
        raise ValueError(f"motion fidelity needs clips of one length; got {frames} frames")
    limit_px = STATIC_PX * height_px / AT_HEIGHT_PX
    ours, theirs = _moving(generated, limit_px), _moving(reference, limit_px)
    for name, found in (("generated", ours), ("reference", theirs)):
        if not len(found[0]):
            raise ValueError(f"no track of the {name} clip moves, so there is no motion to compare")
    similarity = _similarities(ours, theirs, limit_px / 10)
    value = 0.5 * (similarity.max(axis=1).mean() + similarity.max(axis=0).mean())
    return MotionFidelity(float(value), len(ours[0]), len(theirs[0]))


Velocities = tuple[Float[np.ndarray, "N S 2"], Bool[np.ndarray, "N S"]]


def _moving(tracks: Tracks, limit_px: float) -> Velocities:
    """Velocities and validity of the steps of the tracks that are not static."""
    velocity = np.diff(tracks.points_px.astype(np.float64), axis=1)
    valid = tracks.valid[:, 1:] & tracks.valid[:, :-1]
    velocity[~valid] = 0.0
    steps = valid.sum(axis=1)
    speed = np.linalg.norm(velocity, axis=-1).sum(axis=1) / np.maximum(steps, 1)
    kept = (steps >= FEWEST_STEPS) & (speed >= limit_px)
    return velocity[kept], valid[kept]


def _similarities(one: Velocities, other: Velocities, still_px: float) -> Float[np.ndarray, "N M"]:
    first, first_moves = _directions(one, still_px)
    second, second_moves = _directions(other, still_px)
    cosines = np.einsum("nsk,msk->nm", first, second)
    both_valid = one[1].astype(np.float64) @ other[1].astype(np.float64).T
    first_still = (one[1] & ~first_moves).astype(np.float64)
    second_still = (other[1] & ~second_moves).astype(np.float64)
    counted = both_valid - first_still @ second_still.T
    return np.asarray(np.divide(cosines, counted, out=np.zeros_like(cosines), where=counted > 0))


def _directions(velocities: Velocities, still_px: float) -> tuple[Float[np.ndarray, "N S 2"], Bool[np.ndarray, "N S"]]:
    """Unit velocities, zero where a step is invalid or still, and which steps move."""
    velocity, valid = velocities
    speed = np.linalg.norm(velocity, axis=-1)
    moves = valid & (speed >= still_px)
    unit = np.divide(velocity, speed[..., None], out=np.zeros_like(velocity), where=moves[..., None])
    return unit, moves
