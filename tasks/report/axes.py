"""The frame of a figure: a scale with round ticks, grid lines and axis titles, as inline SVG."""

from __future__ import annotations

import math
from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True)
class Scale:
    """A linear map from values to SVG units; `start` may lie right of or below `end`; `whole` allows no ticks between
    whole numbers."""

    low: float
    high: float
    start: float
    end: float
    whole: bool = False

    def __call__(self, value: float) -> float:
        """Where a value lies; values outside the range lie outside the axis."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


@dataclass(frozen=True)
class Frame:
    """The plotting area inside a figure of `width` x `height` units, with its two scales."""

    width: int
    height: int
    x: Scale
    y: Scale


def round_step(span: float, ticks: int) -> float:
    """The smallest of 1, 2 and 5 times a power of ten that cuts `span` > 0 into at most about `ticks` pieces."""
    raw = span / max(ticks, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    return next(power * factor for factor in (1.0, 2.0, 5.0, 10.0) if power * factor >= raw * (1 - 1e-9))


def ticks_of(scale: Scale, ticks: int) -> list[float]:
    """Round values within the scale's range."""
    step = max(round_step(scale.high - scale.low, ticks), 1.0 if scale.whole else 0.0)
    first = math.ceil(scale.low / step - 1e-9)
    last = math.floor(scale.high / step + 1e-9)
    return [index * step for index in range(first, last + 1)]


def round_up(value: float, ticks: int) -> float:
    """The first round tick at or above `value` > 0, so that an axis ends on a label."""
    step = round_step(value, ticks)
    return math.ceil(value / step - 1e-9) * step


def number(value: float) -> str:
    """A coordinate or tick label: at most two decimals, no trailing zeros, no minus zero."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def axes(frame: Frame, x_title: str, y_title: str, *, x_ticks: int = 8, y_ticks: int = 4) -> Markup:
    """Grid, ticks, labels and titles of a figure."""
    parts = [_x_tick(frame, value) for value in ticks_of(frame.x, x_ticks)]
    parts += [_y_tick(frame, value) for value in ticks_of(frame.y, y_ticks)]
    parts.append(
        Markup('<line class="axis" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(
            number(frame.x.start), number(frame.x.end), number(frame.y.start), number(frame.y.start)
        )
    )
    middle = (frame.x.start + frame.x.end) / 2
    parts.append(
        Markup('<text class="title" x="{}" y="{}" text-anchor="middle">{}</text>').format(
            number(middle), frame.height - 4, x_title
        )
    )
    parts.append(Markup('<text class="title" x="4" y="11">{}</text>').format(y_title))
    return Markup("").join(parts)


def figure(frame: Frame, css_class: str, description: str, content: Markup) -> Markup:
    """An SVG that scales with the page and says in words what it shows."""
    return Markup('<svg class="figure {}" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        css_class, frame.width, frame.height, description, content
    )


def _x_tick(frame: Frame, value: float) -> Markup:
    at = number(frame.x(value))
    return Markup(
        '<line class="tick" x1="{}" x2="{}" y1="{}" y2="{}"/><text x="{}" y="{}" text-anchor="middle">{}</text>'
    ).format(at, at, number(frame.y.start), number(frame.y.start + 4), at, number(frame.y.start + 16), number(value))


def _y_tick(frame: Frame, value: float) -> Markup:
    at = frame.y(value)
    return Markup(
        '<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/><text x="{}" y="{}" text-anchor="end">{}</text>'
    ).format(
        number(frame.x.start),
        number(frame.x.end),
        number(at),
        number(at),
        number(frame.x.start - 6),
        number(at + 4),
        number(value),
    )
