"""Measured parts and cached features into the evaluation's numbers, each with its interval or its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc
from jaxtyping import Float, Float32

from pam_models.metrics.frechet import frechet_result
from pam_models.metrics.interval import mean_result
from pam_models.metrics.kernel_distance import kernel_result
from pam_models.metrics.result import MetricResult, MetricSpec, unavailable
from tasks.errors import TableError
from tasks.evaluation.networks import ClipFeatures
from tasks.evaluation.settings import SETS
from tasks.evaluation.shards import Evaluation
from tasks.evaluation.specs import clip_spec, column_of, set_spec
from tasks.ids import derive_seed

MOST_FAILURES = 20
NOTED = ("parent_id", "status", "error_type", "error_message", "unavailable")
Features = Float32[np.ndarray, "M D"]
SetMetric = Callable[[MetricSpec, list[Features], list[Features], int], MetricResult]
OF_SETS: dict[str, SetMetric] = {"fvd": frechet_result, "fid": frechet_result, "kid": kernel_result}


@dataclass(frozen=True)
class Summary:
    """The numbers of an evaluation; `failures` are the first clips that could not be measured, with why."""

    results: tuple[MetricResult, ...]
    clips: int
    failed: int
    failures: tuple[tuple[str, str], ...]
    unmatched: tuple[str, ...]


def summarise(evaluation: Evaluation) -> Summary:
    """Every metric that was asked for, in the order of the list of metrics. Needs all shards to be measured."""
    clips, failed, failures, reasons = _outcomes(evaluation)
    results = []
    for metric in evaluation.settings.metrics:
        seed = derive_seed(evaluation.settings.seed, evaluation.identity, metric)
        if metric in SETS:
            results.append(_of_set(evaluation, metric, seed, reasons))
        else:
            results += _of_clips(evaluation, metric, seed, reasons)
    unmatched = evaluation.reference.unmatched(evaluation.clips)
    return Summary(tuple(results), clips, failed, tuple(failures), tuple(unmatched))


def _outcomes(evaluation: Evaluation) -> tuple[int, int, list[tuple[str, str]], dict[str, str]]:
    """Clips, failed ones, the first failures, and the commonest reason of each missing number."""
    total = failed = 0
    failures: list[tuple[str, str]] = []
    reasons: dict[str, Counter[str]] = {}
    for part in evaluation.parts(NOTED):
        for row in part.table.to_pylist():
            total += 1
            if row["status"] == "failed":
                failed += 1
                if len(failures) < MOST_FAILURES:
                    failures.append((row["parent_id"], f"{row['error_type']}: {row['error_message']}"))
            for note in row["unavailable"] or ():
                column, _, reason = note.partition(": ")
                reasons.setdefault(column, Counter())[reason] += 1
    return total, failed, failures, {column: counted.most_common(1)[0][0] for column, counted in reasons.items()}


def _of_clips(evaluation: Evaluation, metric: str, seed: int, reasons: dict[str, str]) -> list[MetricResult]:
    reference = evaluation.reference
    truth = "known" if reference.knows_tracks else "tracked"
    spec = clip_spec(metric, evaluation.ids, reference.label, truth)
    column = column_of(metric)
    found = [mean_result(spec, _column(evaluation, column), seed, reasons.get(column, "no clip could be measured"))]
    if metric == "flicker":
        of_reference = MetricSpec(
            f"reference_{column}", spec.unit, "none", f"The same of {reference.label}: the floor to read the above by"
        )
        found.append(mean_result(of_reference, _column(evaluation, f"reference_{column}"), seed))
    return found


def _column(evaluation: Evaluation, name: str) -> Float[np.ndarray, " N"]:
    parts = [part.table.column(name).to_numpy() for part in evaluation.parts((name,))]
    return np.concatenate([np.asarray(part, np.float64) for part in parts])


def _of_set(evaluation: Evaluation, metric: str, seed: int, reasons: dict[str, str]) -> MetricResult:
    spec = set_spec(metric, evaluation.ids, evaluation.reference.label)
    kind = "video" if metric == "fvd" else "image"
    features = evaluation.networks.video if metric == "fvd" else evaluation.networks.image
    assert features is not None
    generated, reference = _gathered(evaluation, features, kind)
    if not generated:
        return unavailable(spec, reasons.get(kind, "no clip could be measured"))
    return OF_SETS[metric](spec, generated, reference, seed)


def _gathered(evaluation: Evaluation, features: ClipFeatures, kind: str) -> tuple[list[Features], list[Features]]:
    """Features of every measured clip and its reference, in order; a reference that several clips share counts for
    each. Raises TableError when the cache has lost them.
    """
    generated: list[Features] = []
    reference: list[Features] = []
    for part in evaluation.parts(("status", "video_sha256", "reference_sha256", "unavailable")):
        for row in part.table.filter(pc.equal(part.table.column("status"), "ok")).to_pylist():
            if any(note.startswith(f"{kind}: ") for note in row["unavailable"]):
                continue
            for side, digest in ((generated, row["video_sha256"]), (reference, row["reference_sha256"])):
                found = features.cached(digest)
                if found is None:
                    gone = f"features of {digest} by {features.extractor_id} are gone from the store's cache"
                    raise TableError(f"{gone}; delete {evaluation.key('clips')} and evaluate again")
                side.append(found)
    return generated, reference
