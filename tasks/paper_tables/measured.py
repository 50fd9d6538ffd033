"""A row's numbers out of a finished evaluation: means with intervals, and what each trajectory has, for the tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from pam_models.metrics.result import MetricResult
from tasks.evaluation.settings import SETS
from tasks.evaluation.shards import Evaluation
from tasks.evaluation.specs import clip_spec, column_of, set_spec
from tasks.evaluation.summary import Summary
from tasks.paper_tables.outcome import Cell, ColumnName, RowOutcome

Features = Float32[np.ndarray, "M D"]


@dataclass(frozen=True)
class RowValues:
    """`results` by metric; `of_trajectory`: the mean over a trajectory's clips by metric; `features`: of the generated
    and the reference clips of each trajectory by metric over sets.
    """

    build_id: str
    results: Mapping[str, MetricResult]
    of_trajectory: Mapping[str, Mapping[str, float]]
    features: Mapping[str, Mapping[str, tuple[list[Features], list[Features]]]]

    def outcome(self, name: str, columns: tuple[ColumnName, ...], paper: Mapping[str, float], note: str) -> RowOutcome:
        """The row as a table shows it."""
        cells = {}
        for column in columns:
            result = self.results[column.key]
            reason = result.reason or ""
            cells[column.key] = Cell(result.value, result.low, result.high, result.n, reason, paper.get(column.key))
        return RowOutcome(name, cells, self.build_id, note)


def row_values(evaluation: Evaluation, summary: Summary) -> RowValues:
    """The numbers of an evaluation that was measured to its end. Raises StoreError or TableError for a lost part."""
    by_spec = {result.spec.name: result for result in summary.results}
    results = {metric: by_spec[_spec_name(evaluation, metric)] for metric in evaluation.settings.metrics}
    alone = [metric for metric in evaluation.settings.metrics if metric not in SETS]
    of_sets = [metric for metric in evaluation.settings.metrics if metric in SETS]
    values: dict[str, dict[str, list[float]]] = {metric: {} for metric in alone}
    features: dict[str, dict[str, tuple[list[Features], list[Features]]]] = {metric: {} for metric in of_sets}
    hashes = ("video_sha256", "reference_sha256")
    for part in evaluation.parts(("trajectory_id", "status", *hashes, *map(column_of, alone))):
        for row in part.table.to_pylist():
            if row["status"] != "ok":
                continue
            for metric in alone:
                number = row[column_of(metric)]
                if number is not None and np.isfinite(number):
                    values[metric].setdefault(row["trajectory_id"], []).append(float(number))
            for metric in of_sets:
                networks = evaluation.networks
                network = networks.video if metric == "fvd" else networks.image
                pair = [network.cached(row[key]) for key in hashes] if network is not None else [None]
                if all(one is not None for one in pair):
                    sides = features[metric].setdefault(row["trajectory_id"], ([], []))
                    for side, one in zip(sides, pair, strict=True):
                        side.append(np.asarray(one))
    means = {m: {key: float(np.mean(found)) for key, found in of.items()} for m, of in values.items()}
    return RowValues(evaluation.build.build_id, results, means, features)


def columns_of(metrics: tuple[str, ...], values: RowValues | None = None) -> tuple[ColumnName, ...]:
    """The columns of a table of clips; titles name the networks once a row is measured."""
    plain = {"video": "?", "image": "?", "lpips": "?", "tracker": "?", "estimator": "the estimator"}
    found = []
    for metric in metrics:
        if values is not None:
            spec = values.results[metric].spec
        elif metric in SETS:
            spec = set_spec(metric, plain, "the reference")
        else:
            spec = clip_spec(metric, plain, "the reference", "known")
        found.append(ColumnName(metric, TITLES.get(metric, metric), spec.unit, spec.better, spec.protocol))
    return tuple(found)


TITLES = {
    "fvd": "FVD", "fid": "FID", "kid": "KID", "psnr": "PSNR", "ssim": "SSIM", "lpips": "LPIPS", "mpjpe": "MPJPE",
    "pa_mpjpe": "PA-MPJPE", "motion_fidelity": "MF", "flicker": "flicker",
}  # fmt: skip


def _spec_name(evaluation: Evaluation, metric: str) -> str:
    reference = evaluation.reference
    if metric in SETS:
        return set_spec(metric, evaluation.ids, reference.label).name
    return clip_spec(metric, evaluation.ids, reference.label, "known" if reference.knows_tracks else "tracked").name
