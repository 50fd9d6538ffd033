"""The figures at the head of the page, and the warnings beside them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from tasks.report.data import ReportData
from tasks.report.licences import licence_sentences, noncommercial, unclear

TARGET_RATIO = 2.0


@dataclass(frozen=True)
class Figure:
    """One number with its name and a line of detail; `tone` is plain, good or bad."""

    name: str
    value: str
    detail: str
    tone: str = "plain"


@dataclass(frozen=True)
class Note:
    """A line that a reader must not miss; `tone` is warning or info."""

    tone: str
    title: str
    text: str


def mean_of(values: Float[np.ndarray, " N"]) -> float:
    """The mean of the finite values, NaN where there is none."""
    finite = values[np.isfinite(values)]
    return float(finite.mean(dtype=np.float64)) if len(finite) else float("nan")


def error_ratio(data: ReportData) -> float:
    """Mean MPJPE on the clips over the mean on the renderer's frames of the same trajectories, clips with both only."""
    clips, reference = data.clip_scores.mpjpe_mm, data.reference_mm
    both = np.isfinite(clips) & np.isfinite(reference)
    if not both.any() or mean_of(reference[both]) <= 0:
        return float("nan")
    return mean_of(clips[both]) / mean_of(reference[both])


def millimetres(value: float | None, digits: int = 1) -> str:
    """A length for reading; a dash where it is unknown."""
    return "–" if value is None or not np.isfinite(value) else f"{value:.{digits}f} mm"


def whole(value: int) -> str:
    """A count with thousands set apart."""
    return f"{value:,}".replace(",", " ")


def amounts(data: ReportData) -> tuple[Figure, ...]:
    """How much of everything there is, in the order of the pipeline."""
    pose, candidates, clips = data.count("pose"), data.count("appearance"), data.count("video")
    selected = data.count("select-candidates")
    failed = sum(count.failed for count in data.counts)
    words = sorted({row.object_word for row in data.quality})
    splits = ", ".join(f"{name} {whole(size)}" for name, size in sorted(data.splits.items()))
    threshold = data.candidate_scores.threshold_mm
    return (
        Figure("trajectories", whole(pose.ok), _objects(words)),
        Figure("candidates", whole(candidates.ok), f"{_per(candidates.ok, pose.ok)} per trajectory"),
        Figure(
            "kept / dropped",
            f"{whole(selected.ok)} / {whole(selected.filtered)}",
            "no selection" if threshold is None else f"threshold {millimetres(threshold)}",
        ),
        Figure("clips", whole(clips.ok), _clip_shape(data)),
        Figure("labelled frames", whole(data.num_samples), splits or "no split"),
        Figure("failures", whole(failed), "every item gave a row" if failed else "none", "bad" if failed else "good"),
    )


def errors(data: ReportData) -> tuple[Figure, ...]:
    """The estimator's error on the clips, on the renderer's own frames, and how the two compare."""
    ratio = error_ratio(data)
    return (
        Figure("MPJPE on clips", millimetres(mean_of(data.clip_scores.mpjpe_mm)), "estimator against known joints"),
        Figure(
            "MPJPE on renderer’s frames", millimetres(mean_of(data.reference_mm)), "same estimator, same trajectories"
        ),
        Figure(
            "ratio",
            f"{ratio:.2f} ×" if np.isfinite(ratio) else "–",
            f"clips over renderer’s frames; target at most {TARGET_RATIO:g}",
            "plain" if not np.isfinite(ratio) else "good" if ratio <= TARGET_RATIO else "bad",
        ),
    )


def notes(data: ReportData) -> tuple[Note, ...]:
    """Warnings first: approximate poses, terms of use, failures, hands that were not found."""
    found = []
    total = data.count("pose").ok
    if data.num_approximate:
        found.append(
            Note(
                "warning",
                "Approximate poses",
                f"{whole(data.num_approximate)} of {whole(total)} trajectories have approximate hand poses: "
                "their source gives poses relative to MANO’s mean hand, and no MANO file was given (hand.mano_dir), "
                "so the free hand stands in. Joints and vertices carry this.",
            )
        )
    tags = data.license_tags
    strict = bool(noncommercial(tags) or unclear(tags)) or not tags
    found.append(Note("warning" if strict else "info", "Licence", licence_sentences(tags)))
    failed = sum(count.failed for count in data.counts)
    if failed:
        steps = ", ".join(f"{count.step} {whole(count.failed)}" for count in data.counts if count.failed)
        found.append(Note("warning", "Failures", f"{_items(failed)} failed ({steps}). The reasons stand below."))
    unseen = int((~np.isfinite(data.candidate_scores.mpjpe_mm)).sum())
    if unseen:
        found.append(
            Note(
                "info",
                "Missing hands",
                f"No hand was found in {whole(unseen)} of the candidates; they rank as the worst.",
            )
        )
    return tuple(found)


def _items(number: int) -> str:
    return "1 item" if number == 1 else f"{whole(number)} items"


def _objects(words: list[str]) -> str:
    return ", ".join(words[:4]) + (f" and {len(words) - 4} more" if len(words) > 4 else "")


def _per(part: int, whole_count: int) -> str:
    return f"{part / whole_count:.1f}".removesuffix(".0") if whole_count else "–"


def _clip_shape(data: ReportData) -> str:
    for trajectory in data.trajectories:
        for clip in trajectory.clips:
            size = f"{trajectory.width}×{trajectory.height}"
            return f"{len(clip.mpjpe_mm_per_frame)} frames, {clip.fps:g} fps, {size}"
    return ""
