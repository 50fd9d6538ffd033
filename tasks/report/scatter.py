"""Points of one quantity against another, as inline SVG."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from markupsafe import Markup

from tasks.report.axes import Frame, Scale, axes, figure, number, round_up

WIDTH, HEIGHT = 380, 300
MOST_POINTS = 2000


def first_frame_against_clip(pairs_mm: Float[np.ndarray, "P 2"]) -> Markup:
    """The clip's error against its first frame's, with the line of equality."""
    top = round_up(max(float(pairs_mm.max()) * 1.05, 1.0), 5)
    frame = _frame((0.0, top), (0.0, top))
    diagonal = Markup('<line class="reference" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(
        *(number(value) for value in (frame.x(0), frame.y(0), frame.x(top), frame.y(top)))
    )
    parts = [axes(frame, "first frame MPJPE (mm)", "clip MPJPE (mm)", x_ticks=6, y_ticks=6), diagonal]
    said = f"Clip MPJPE against first-frame MPJPE of {len(pairs_mm)} clips."
    return figure(frame, "scatter", said, Markup("").join([*parts, *_dots(frame, pairs_mm)]))


def against(x: Float[np.ndarray, " N"], y_mm: Float[np.ndarray, " N"], x_title: str, y_title: str) -> Markup:
    """Errors over a quantity; points in which one side is unknown are left out, the first `MOST_POINTS` are drawn.

    An empty text where fewer than two points are left.
    """
    pairs = np.stack([x, y_mm], axis=-1)
    pairs = pairs[np.isfinite(pairs).all(axis=1)][:MOST_POINTS]
    if len(pairs) < 2:
        return Markup("")
    low, high = min(float(pairs[:, 0].min()), 0.0), float(pairs[:, 0].max())
    high = high if high > low else low + 1.0
    frame = _frame((low, high + 0.04 * (high - low)), (0.0, round_up(max(float(pairs[:, 1].max()), 1.0), 5)))
    drawn = [axes(frame, x_title, y_title, x_ticks=5, y_ticks=5), *_dots(frame, pairs)]
    return figure(
        frame, "scatter", f"{y_title} against {x_title} of {len(pairs)} trajectories.", Markup("").join(drawn)
    )


def _frame(x: tuple[float, float], y: tuple[float, float]) -> Frame:
    return Frame(WIDTH, HEIGHT, Scale(*x, 44.0, WIDTH - 12.0), Scale(*y, HEIGHT - 38.0, 20.0))


def _dots(frame: Frame, pairs: Float[np.ndarray, "P 2"]) -> list[Markup]:
    circle = Markup('<circle class="pair" cx="{}" cy="{}" r="3.5"/>')
    return [circle.format(number(frame.x(x)), number(frame.y(y))) for x, y in pairs.tolist()]
