"""The paper's orderings, tested on what was measured; each is reported whichever way it comes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Int

from pam_models.metrics.contrast import Contrast, paired_contrast, set_contrast, unpaired_contrast
from pam_models.metrics.frechet import frechet_distance
from tasks.evaluation.settings import SETS
from tasks.ids import derive_seed
from tasks.paper_tables.definition import Claim
from tasks.paper_tables.measured import RowValues
from tasks.paper_tables.outcome import ClaimOutcome

FEWEST = 3


def judged(claims: Sequence[Claim], values: Mapping[str, RowValues], seed: int) -> tuple[ClaimOutcome, ...]:
    """Each claim in each of its metrics; `values` lacks the rows that could not be computed."""
    return tuple(_tested(claim, metric, values, seed) for claim in claims for metric in claim.metrics)


def _tested(claim: Claim, metric: str, values: Mapping[str, RowValues], seed: int) -> ClaimOutcome:
    missing = [name for name in claim.contrast if name not in values]
    if missing:
        return ClaimOutcome(claim.says, metric, reason=f"row {missing[0]!r} could not be computed")
    rows = [values[name] for name in claim.contrast]
    weights = np.array(list(claim.contrast.values()), np.float64)
    own = derive_seed(seed, claim.says, metric)
    found = _of_sets(rows, weights, metric, own) if metric in SETS else _of_clips(rows, weights, metric, own)
    if isinstance(found, str):
        return ClaimOutcome(claim.says, metric, reason=found)
    return ClaimOutcome(claim.says, metric, found)


def _of_clips(rows: Sequence[RowValues], weights: np.ndarray, metric: str, seed: int) -> Contrast | str:
    sign = 1.0 if rows[0].results[metric].spec.better == "higher" else -1.0
    shared = _shared([row.of_trajectory[metric] for row in rows])
    if len(shared) >= FEWEST:
        quality = np.array([[sign * row.of_trajectory[metric][key] for key in shared] for row in rows])
        return paired_contrast(quality, weights, seed)
    alone = [sign * np.array(list(row.of_trajectory[metric].values())) for row in rows]
    if min(len(one) for one in alone) < FEWEST:
        return f"needs at least {FEWEST} trajectories under each setting, there are {min(len(one) for one in alone)}"
    return unpaired_contrast(alone, weights, seed)


def _of_sets(rows: Sequence[RowValues], weights: np.ndarray, metric: str, seed: int) -> Contrast | str:
    """Fréchet distances over the same trajectories, resampled together; of less the quality is more."""
    if metric not in {"fvd", "fid"}:
        return f"{metric} has no test here"
    shared = _shared([row.features[metric] for row in rows])
    if len(shared) < FEWEST:
        return f"needs at least {FEWEST} trajectories in common, there are {len(shared)}"

    def quality(places: Int[np.ndarray, " N"]) -> float:
        total = 0.0
        for row, weight in zip(rows, weights, strict=True):
            sides = [
                np.concatenate([one for place in places for one in row.features[metric][shared[place]][side]])
                for side in (0, 1)
            ]
            total -= weight * frechet_distance(*sides)
        return total

    return set_contrast(len(shared), quality, seed)


def _shared(found: Sequence[Mapping[str, object]]) -> list[str]:
    return sorted(set.intersection(*(set(one) for one in found)))
