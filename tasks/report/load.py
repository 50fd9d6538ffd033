"""A published build as `ReportData`: figures over all of its rows, and whole rows of the first few trajectories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float32

from tasks.report.data import (
    MAX_PAIRS,
    MAX_ROWS,
    Failure,
    Quality,
    ReportData,
    Scores,
)
from tasks.report.evaluations import load_evaluations
from tasks.report.propagation import load_propagation
from tasks.report.reading import PublishedBuild
from tasks.report.shown import quality_of, shown_trajectories
from tasks.report.store_media import StoreMedia
from tasks.rows import rows_of

QUALITY_COLUMNS = (
    "item_id", "status", "object_word", "source", "side", "num_frames", "lifted", "lift_height_m", "slip_mm",
    "penetration_mm_max", "penetration_mm_mean", "contact_ratio", "jerk_m_s3", "visible_fraction",
    "pose_is_approximate", "hand_model", "tip_set",
)  # fmt: skip
MAX_SAMPLES_BYTES = 2**28


def load_report(published: PublishedBuild) -> ReportData:
    """Reads a published build.

    Raises:
        StoreError, TableError: a part is missing or altered.
    """
    quality, num_approximate, hands = _quality(published)
    decisions, mpjpe_of = _decisions(published, "select-candidates", _first_candidates(published))
    clip_scores, reference, pairs = _clip_scores(published, mpjpe_of)
    trajectories = shown_trajectories(published)
    failures, groups = _failures(published)
    splits = _splits(published)
    provenance = [*published.models().items(), ("hand model", hands), ("code", published.snapshot.code_version)]
    return ReportData(
        build_id=published.snapshot.build_id,
        profile=str(getattr(published.build.config, "profile", "")),
        config_yaml=published.config_yaml,
        counts=published.counts(),
        candidate_scores=decisions,
        clip_scores=clip_scores,
        reference_mm=reference,
        pairs_mm=pairs,
        quality=quality,
        trajectories=trajectories,
        failures=failures,
        failure_groups=groups,
        stage_times=published.stage_times(),
        num_samples=published.snapshot.rows("samples", "ok"),
        splits=splits,
        num_approximate=num_approximate,
        license_tags=published.license_tags(),
        provenance=tuple((name, value) for name, value in provenance if value),
        media=StoreMedia(published.store, published.build.config),
        propagation=load_propagation(published),
        evaluations=load_evaluations(published.build),
    )


def _floats(column: pa.ChunkedArray) -> Float32[np.ndarray, " N"]:
    """A column of numbers with NaN for null."""
    return np.asarray(column.to_numpy(), np.float32).reshape(-1)


def _ok(table: pa.Table) -> pa.Table:
    return table.filter(pc.equal(table.column("status"), "ok"))


def _joined(parts: list[Float32[np.ndarray, " n"]]) -> Float32[np.ndarray, " N"]:
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def _quality(published: PublishedBuild) -> tuple[tuple[Quality, ...], int, str]:
    """The first rows of the quality table, how many trajectories are approximate, and the hands used."""
    shown: list[Quality] = []
    approximate = 0
    hands: set[str] = set()
    for table in published.tables("pose", QUALITY_COLUMNS):
        good = _ok(table)
        approximate += int(pc.sum(good.column("pose_is_approximate")).as_py() or 0)
        hands.update(
            f"{row['hand_model']} (tips {row['tip_set']})" for row in _distinct(good, ("hand_model", "tip_set"))
        )
        shown.extend(quality_of(row) for row in rows_of(good.slice(0, MAX_ROWS - len(shown))))
    return tuple(shown), approximate, ", ".join(sorted(hands))


def _distinct(table: pa.Table, columns: tuple[str, ...]) -> Iterator[Mapping[str, Any]]:
    yield from table.group_by(list(columns)).aggregate([]).to_pylist()


def _first_candidates(published: PublishedBuild) -> dict[str, str]:
    """Clip to candidate, for the first clips of the build."""
    found: dict[str, str] = {}
    for table in published.tables("video", ("item_id", "status", "candidate_id")):
        for row in rows_of(_ok(table).slice(0, MAX_PAIRS - len(found))):
            found[row["item_id"]] = row["candidate_id"]
    return found


def _decisions(
    published: PublishedBuild, step: str, candidate_of: Mapping[str, str]
) -> tuple[Scores, dict[str, float]]:
    """Errors and verdicts of a select step, and the first-frame error of the given clips."""
    wanted = pa.array(sorted(set(candidate_of.values())), pa.string())
    errors, kept = [], []
    thresholds: set[float] = set()
    of_candidate: dict[str, float] = {}
    for table in published.tables(step, ("target_id", "mpjpe_mm", "threshold_mm", "scope", "kept")):
        errors.append(_floats(table.column("mpjpe_mm")))
        kept.append(np.asarray(table.column("kept").to_numpy(zero_copy_only=False), bool))
        if "input" not in pc.unique(table.column("scope")).to_pylist():
            thresholds.update(
                value for value in pc.unique(table.column("threshold_mm")).to_pylist() if value is not None
            )
        chosen = table.filter(pc.is_in(table.column("target_id"), value_set=wanted))
        of_candidate.update(
            zip(chosen.column("target_id").to_pylist(), _floats(chosen.column("mpjpe_mm")).tolist(), strict=True)
        )
    scores = Scores(
        _joined(errors),
        np.concatenate(kept) if kept else np.zeros(0, bool),
        float(thresholds.pop()) if len(thresholds) == 1 else None,
    )
    return scores, {
        clip: of_candidate[candidate] for clip, candidate in candidate_of.items() if candidate in of_candidate
    }


def _clip_scores(
    published: PublishedBuild, first_frame_mm: Mapping[str, float]
) -> tuple[Scores, Float32[np.ndarray, " C"], Float32[np.ndarray, "P 2"]]:
    """Clip errors with verdicts, the errors on the renderer's frames, and (first frame, clip) pairs with both known."""
    verdict: dict[str, bool] = {}
    threshold: float | None = None
    for table in published.tables("select-clips", ("target_id", "kept", "threshold_mm", "scope")):
        verdict.update(zip(table.column("target_id").to_pylist(), table.column("kept").to_pylist(), strict=True))
        if table.num_rows and table.column("scope")[0].as_py() == "build":
            threshold = table.column("threshold_mm")[0].as_py()
    errors, references = [], []
    kept: list[bool] = []
    pairs: list[tuple[float, float]] = []
    for table in published.tables("score-clips", ("status", "target_id", "mpjpe_mm", "detected", "reference_mpjpe_mm")):
        good = _ok(table)
        targets = good.column("target_id").to_pylist()
        mpjpe = _floats(good.column("mpjpe_mm"))
        mpjpe = np.where(np.asarray(good.column("detected").to_pylist(), bool), mpjpe, np.nan).astype(np.float32)
        errors.append(mpjpe)
        references.append(_floats(good.column("reference_mpjpe_mm")))
        kept.extend(verdict.get(target, True) for target in targets)
        pairs.extend(
            (first_frame_mm[t], e) for t, e in zip(targets, mpjpe.tolist(), strict=True) if t in first_frame_mm
        )
    both = np.array(pairs, np.float32).reshape(-1, 2)
    return (
        Scores(_joined(errors), np.array(kept, bool), threshold),
        _joined(references),
        both[np.isfinite(both).all(axis=1)],
    )


def _failures(published: PublishedBuild) -> tuple[tuple[Failure, ...], dict[tuple[str, str], int]]:
    """The first failed rows, and all of them counted by step and kind; parts without failures are not read."""
    shown: list[Failure] = []
    groups: dict[tuple[str, str], int] = {}
    columns = ("item_id", "status", "error_type", "error_message", "attempts")
    for step, entries in published.snapshot.steps.items():
        for entry in entries:
            if not entry.statuses.get("failed"):
                continue
            table = published.table(entry, columns)
            for row in rows_of(table.filter(pc.equal(table.column("status"), "failed"))):
                kind = row["error_type"] or "unknown"
                groups[step, kind] = groups.get((step, kind), 0) + 1
                if len(shown) < MAX_ROWS:
                    shown.append(Failure(step, row["item_id"], kind, row["error_message"] or "", int(row["attempts"])))
    return tuple(shown), groups


def _splits(published: PublishedBuild) -> dict[str, int]:
    """Labelled frames by split; empty where counting would mean reading very large parts."""
    if sum(entry.bytes for entry in published.snapshot.steps.get("samples", ())) > MAX_SAMPLES_BYTES:
        return {}
    counts: dict[str, int] = {}
    for table in published.tables("samples", ("status", "split")):
        for found in _ok(table).column("split").value_counts().to_pylist():
            counts[found["values"]] = counts.get(found["values"], 0) + found["counts"]
    return dict(sorted(counts.items()))
