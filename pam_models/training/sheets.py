"""Sheets of pictures that a person can look at while a model trains."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

_LABEL_PX = 84
_SCALE = 2


def contact_sheet(
    rows: Mapping[str, UInt8[np.ndarray, "N H W 3"]], *, scale: int = _SCALE
) -> UInt8[np.ndarray, "h w 3"]:
    """One labelled row per entry, its N pictures side by side, nearest-neighbour enlarged. Raises ValueError without
    rows.
    """
    if not rows:
        raise ValueError("a contact sheet needs at least one row")
    columns = max(len(pictures) for pictures in rows.values())
    lines = []
    for label, pictures in rows.items():
        height, width = pictures.shape[1:3]
        line = np.full((height * scale + 4, _LABEL_PX + columns * (width * scale + 4), 3), 255, np.uint8)
        cv2.putText(
            line, label[:14], (4, height * scale // 2), cv2.FONT_HERSHEY_SIMPLEX, 0.36, (0, 0, 0), 1, cv2.LINE_AA
        )
        for column, picture in enumerate(pictures):
            left = _LABEL_PX + column * (width * scale + 4)
            line[2 : 2 + height * scale, left : left + width * scale] = picture.repeat(scale, axis=0).repeat(
                scale, axis=1
            )
        lines.append(line)
    return np.concatenate(lines)


def write_sheet(path: Path, sheet: UInt8[np.ndarray, "h w 3"]) -> Path:
    """Write a sheet as PNG. Raises OSError when the file cannot be written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(path), sheet[..., ::-1]):
        raise OSError(f"{path} could not be written")
    return path


def spread_frames(count: int, wanted: int) -> list[int]:
    """`wanted` frame numbers from the first to the last of `count`."""
    return [round(float(place)) for place in np.linspace(0, count - 1, min(wanted, count))]


def with_joints(
    pictures: UInt8[np.ndarray, "N H W 3"],
    joints_px: Sequence[np.ndarray],
    colour: tuple[int, int, int],
    scale: int = 3,
) -> UInt8[np.ndarray, "N h w 3"]:
    """Enlarged pictures with a dot on each joint."""
    drawn = []
    for picture, joints in zip(pictures, joints_px, strict=True):
        large = np.ascontiguousarray(picture.repeat(scale, axis=0).repeat(scale, axis=1))
        for x, y in joints[np.isfinite(joints).all(axis=1)]:
            cv2.circle(large, (int((x + 0.5) * scale), int((y + 0.5) * scale)), 3, colour, -1, cv2.LINE_AA)
        drawn.append(large)
    return np.stack(drawn)


def loss_plot(losses_csv: Path, path: Path) -> None:
    """Draw the loss over the steps, each point and a running mean, from a run's `losses.csv`."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    with losses_csv.open(encoding="utf-8") as file:
        rows = [(int(row["step"]), float(row["loss"])) for row in csv.DictReader(file)]
    if not rows:
        return
    steps, losses = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    window = max(1, len(losses) // 50)
    smooth = np.convolve(losses, np.ones(window) / window, mode="valid")
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot(steps, losses, ".", markersize=1.5, alpha=0.35)
    axes.plot(steps[window - 1 :], smooth)
    axes.set(xlabel="step", ylabel="loss", yscale="log")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
