"""The cut itself: one deterministic function over columns of scores, worst first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Bool, Float64, Int32

from tasks.config.stages import SelectRule


@dataclass(frozen=True)
class Decisions:
    """What became of each of N targets, in the order of the scores: its place within its scope (0 is best), the error
    of the worst that was kept there (or the configured threshold; NaN where there is none), and the verdict.
    """

    rank: Int32[np.ndarray, " N"]
    threshold_mm: Float64[np.ndarray, " N"]
    kept: Bool[np.ndarray, " N"]


def drop_count(n: int, fraction: float) -> int:
    """How many of `n` are dropped: the share as it is written in decimals, rounded down."""
    return math.floor(Fraction(str(fraction)) * n)


def decide(
    target_ids: pa.Array, trajectory_ids: pa.Array, mpjpe_mm: Float64[np.ndarray, " N"], rule: SelectRule
) -> Decisions:
    """One decision for each score, in the order given (paper, supplementary, "Downstream Validation Details").

    Worst first are dropped; a missing hand (NaN) is worst; ties go by id, the greater id being worse. Without
    `rule.threshold_mm`, `floor(n * drop_fraction)` go, over everything (scope 'build') or within each trajectory
    ('input'). With it, everything above it goes, and every missing hand; ranks are given all the same.
    """
    badness = np.where(np.isnan(mpjpe_mm), np.inf, mpjpe_mm)
    scope = trajectory_ids.dictionary_encode().indices if rule.scope == "input" else pa.array(np.zeros(len(badness)))
    columns = pa.table({"scope": scope, "badness": badness, "target_id": target_ids})
    keys = [("scope", "ascending"), ("badness", "ascending"), ("target_id", "ascending")]
    order = pc.sort_indices(columns, sort_keys=keys).to_numpy()
    groups = np.asarray(scope)[order]
    bounds = [0, *(np.flatnonzero(groups[1:] != groups[:-1]) + 1).tolist(), len(order)]
    rank = np.empty(len(order), np.int32)
    threshold = np.full(len(order), np.nan)
    kept = np.zeros(len(order), bool)
    for start, end in pairwise(bounds):
        places = order[start:end]
        rank[places] = np.arange(end - start, dtype=np.int32)
        if rule.threshold_mm is not None:
            kept[places] = badness[places] <= rule.threshold_mm
            threshold[places] = rule.threshold_mm
            continue
        number = end - start - drop_count(end - start, rule.drop_fraction)
        kept[places[:number]] = True
        worst = badness[places[number - 1]] if number else np.inf
        threshold[places] = worst if np.isfinite(worst) else np.nan
    return Decisions(rank, threshold, kept)
