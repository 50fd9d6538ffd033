"""Two of the page's figures as inline SVG: errors with their threshold, and the error over a clip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Int
from markupsafe import Markup

from tasks.report.axes import Frame, Scale, axes, figure, number, round_step, round_up

EMPTY = Markup('<p class="empty">{}</p>')


@dataclass(frozen=True)
class Bins:
    """Counts of kept and dropped errors in equal bins; the last bin also holds the `above` errors beyond `high`."""

    low: float
    high: float
    kept: Int[np.ndarray, " B"]
    dropped: Int[np.ndarray, " B"]
    above: int


def bin_errors(mpjpe_mm: Float[np.ndarray, " N"], kept: Bool[np.ndarray, " N"], threshold_mm: float | None) -> Bins:
    """Between 12 and 30 bins of round width from 0 (or near the smallest) to the largest error.

    A few errors far out would squeeze all others into one bar: the range ends at the 98th percentile if the largest is
    more than twice that, and never before the threshold.
    """
    tail = float(np.percentile(mpjpe_mm, 98))
    largest = float(mpjpe_mm.max())
    top = max(largest if largest <= 2 * tail else tail, threshold_mm or 0.0, 1e-3)
    bottom = float(mpjpe_mm.min())
    if bottom < 0.4 * top:
        bottom = 0.0
    width = round_step(max(top - bottom, 0.02 * top), 24)
    low = np.floor(bottom / width) * width
    count = max(int(np.ceil((top - low) / width + 1e-9)), 4)
    index = np.clip(((mpjpe_mm - low) / width).astype(np.int64), 0, count - 1)
    high = low + count * width
    return Bins(
        float(low),
        float(high),
        np.bincount(index[kept], minlength=count),
        np.bincount(index[~kept], minlength=count),
        int((mpjpe_mm > high).sum()),
    )


def histogram(
    mpjpe_mm: Float[np.ndarray, " N"],
    kept: Bool[np.ndarray, " N"],
    threshold_mm: float | None,
    noun: str = "candidates",
) -> Markup:
    """How errors spread over the build, kept and dropped stacked, with the threshold as a line. NaN are left out."""
    known = np.isfinite(mpjpe_mm)
    mpjpe_mm, kept = mpjpe_mm[known], kept[known]
    if not len(mpjpe_mm):
        return EMPTY.format(f"No scored {noun}.")
    bins = bin_errors(mpjpe_mm, kept, threshold_mm)
    frame = _frame(
        720, 260, (bins.low, bins.high), (0.0, round_up(float((bins.kept + bins.dropped).max()), 4)), whole="y"
    )
    last = f", {bins.above} beyond the last bin" if bins.above else ""
    parts = [axes(frame, f"MPJPE (mm){last}", noun, x_ticks=10)]
    edges = np.linspace(bins.low, bins.high, len(bins.kept) + 1)
    for left, right, good, bad in zip(edges[:-1], edges[1:], bins.kept, bins.dropped, strict=True):
        parts.append(_bar(frame, "kept", (left, right), (0, int(good))))
        parts.append(_bar(frame, "dropped", (left, right), (int(good), int(good + bad))))
    said = f"Histogram of the MPJPE of {len(mpjpe_mm)} {noun}: {int(kept.sum())} kept, {int((~kept).sum())} dropped"
    if threshold_mm is not None:
        parts.append(_threshold(frame, threshold_mm))
        said += f", threshold {threshold_mm:.1f} mm"
    return figure(frame, "histogram", said + ".", Markup("").join(parts))


def error_over_frames(
    mpjpe_mm: Float[np.ndarray, " T"],
    detected: Bool[np.ndarray, " T"],
    phase: Sequence[str],
    reference_mm: float,
) -> Markup:
    """The error of every frame of a clip over the phases of its motion; frames without a detected hand are hollow.

    It holds a `playhead` line for the page's script to move between `data-start` and `data-end`.
    """
    known = np.isfinite(mpjpe_mm)
    if not known.any():
        return EMPTY.format("No frame of this clip has an error.")
    frames = len(mpjpe_mm)
    largest = max(float(mpjpe_mm[known].max()), reference_mm if np.isfinite(reference_mm) else 0.0, 1.0)
    frame = _frame(1100, 200, (0.0, float(max(frames - 1, 1))), (0.0, round_up(largest * 1.12, 4)), whole="x")
    parts = [_phases(frame, phase), axes(frame, "frame", "MPJPE (mm)", x_ticks=16)]
    if np.isfinite(reference_mm):
        parts.append(_reference(frame, reference_mm, below=float(np.nanmean(mpjpe_mm)) >= reference_mm))
    points = [(frame.x(t), frame.y(float(mpjpe_mm[t]))) if known[t] else None for t in range(frames)]
    for present, run in groupby(points, key=lambda point: point is not None):
        if present:
            line = " ".join(f"{number(x)},{number(y)}" for x, y in filter(None, run))
            parts.append(Markup('<polyline class="line" points="{}"/>').format(line))
    for point, found in zip(points, detected, strict=True):
        if point is not None:
            dot = Markup('<circle class="{}" cx="{}" cy="{}" r="2.2"/>')
            parts.append(dot.format("dot" if found else "dot missed", number(point[0]), number(point[1])))
    parts.append(
        Markup('<line class="playhead" data-start="{}" data-end="{}" x1="0" x2="0" y1="{}" y2="{}"/>').format(
            number(frame.x.start), number(frame.x.end), number(frame.y.end), number(frame.y.start)
        )
    )
    said = (
        f"MPJPE over {frames} frames: mean {float(np.nanmean(mpjpe_mm)):.1f} mm, largest "
        f"{float(np.nanmax(mpjpe_mm)):.1f} mm, hand detected in {int(np.sum(detected))} frames."
    )
    return figure(frame, "overtime", said, Markup("").join(parts))


def _frame(
    width: int, height: int, x: tuple[float, float], y: tuple[float, float], *, whole: Literal["x", "y", ""] = ""
) -> Frame:
    across = Scale(*x, 44.0, width - 12.0, whole == "x")
    return Frame(width, height, across, Scale(*y, height - 38.0, 20.0, whole == "y"))


def _bar(frame: Frame, css_class: str, x: tuple[float, float], y: tuple[int, int]) -> Markup:
    if y[0] == y[1]:
        return Markup("")
    left, right = frame.x(x[0]) + 0.75, frame.x(x[1]) - 0.75
    return Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>').format(
        css_class,
        number(left),
        number(frame.y(y[1])),
        number(right - left),
        number(frame.y(y[0]) - frame.y(y[1])),
    )


def _threshold(frame: Frame, threshold_mm: float) -> Markup:
    at = frame.x(threshold_mm)
    anchor, shift = ("end", -6) if at > (frame.x.start + frame.x.end) / 2 else ("start", 6)
    return Markup(
        '<line class="threshold" x1="{}" x2="{}" y1="{}" y2="{}"/>'
        '<text class="threshold" x="{}" y="{}" text-anchor="{}">threshold {} mm</text>'
    ).format(
        number(at),
        number(at),
        number(frame.y.end - 4),
        number(frame.y.start),
        number(at + shift),
        number(frame.y.end + 4),
        anchor,
        f"{threshold_mm:.1f}",
    )


def _reference(frame: Frame, reference_mm: float, *, below: bool) -> Markup:
    at = frame.y(reference_mm)
    return Markup(
        '<line class="reference" x1="{}" x2="{}" y1="{}" y2="{}"/>'
        '<text class="reference" x="{}" y="{}" text-anchor="end">renderer’s frames {} mm</text>'
    ).format(
        number(frame.x.start),
        number(frame.x.end),
        number(at),
        number(at),
        number(frame.x.end - 4),
        number(at + 13 if below else at - 5),
        f"{reference_mm:.1f}",
    )


def _phases(frame: Frame, phase: Sequence[str]) -> Markup:
    parts = []
    start = 0
    for index, (name, run) in enumerate(groupby(phase)):
        length = len(list(run))
        left = frame.x(max(start - 0.5, 0.0))
        right = frame.x(min(start + length - 0.5, frame.x.high))
        parts.append(
            Markup('<rect class="phase" x="{}" y="{}" width="{}" height="{}" opacity="{}"/>').format(
                number(left),
                number(frame.y.end),
                number(right - left),
                number(frame.y.start - frame.y.end),
                "1" if index % 2 == 0 else "0.35",
            )
        )
        if right - left > 7 * len(name):
            parts.append(
                Markup('<text class="phase" x="{}" y="{}" text-anchor="middle">{}</text>').format(
                    number((left + right) / 2), number(frame.y.end - 5), name
                )
            )
        start += length
    return Markup("").join(parts)
