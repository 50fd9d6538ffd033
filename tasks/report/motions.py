"""What the page shows of each trajectory itself: every condition map side by side, and the figures of its quality."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tasks.report.data import Relation, ReportData, Trajectory
from tasks.report.embed import attempt, data_uri
from tasks.report.panels import Panels, compose_conditions

MAX_MOTION_BYTES = 24 * 2**20


@dataclass(frozen=True)
class Figure:
    """One quality column of a trajectory, ready to be read; `meaning` is the column's description."""

    name: str
    value: str
    meaning: str


@dataclass(frozen=True)
class MotionView:
    """A trajectory ready for the template; `video_uri` is empty where `trouble` says why there is no video."""

    trajectory: Trajectory
    number: int
    video_uri: str
    panels: Panels | None
    trouble: str
    figures: tuple[Figure, ...]


def motion_views(data: ReportData) -> list[MotionView]:
    """One view for each trajectory that the page shows, in order; videos only while they fit `MAX_MOTION_BYTES`."""
    views: list[MotionView] = []
    embedded = 0
    for index, trajectory in enumerate(data.trajectories):
        panels, trouble = None, "left out to keep this page small"
        if embedded < MAX_MOTION_BYTES:
            panels, trouble = attempt(lambda shown=trajectory: _panels(data, shown))  # type: ignore[misc]
        video_uri = data_uri("video/mp4", panels.video) if panels else ""
        embedded += len(video_uri)
        relations = data.propagation.relations
        figures = tuple(_figure(one, float(one.values[index])) for one in relations if index < len(one.values))
        views.append(MotionView(trajectory, index + 1, video_uri, panels, trouble, figures))
    return views


def _panels(data: ReportData, trajectory: Trajectory) -> Panels:
    preview = data.media.video(trajectory.preview_uri)
    return compose_conditions(preview, data.media.every_condition(trajectory), trajectory.fps)


def _figure(relation: Relation, value: float) -> Figure:
    name = relation.column.removesuffix("_max").removesuffix("_mean")
    unit = "" if relation.unit in ("", "1") else relation.unit.replace("^2", "²").replace("^3", "³")
    for ending in ("_mm", "_m_s3", "_cm3", "_deg", "_m", "_s"):
        name = name.removesuffix(ending)
    name = name.replace("_", " ") + (" volume" if "_cm3" in relation.column else "")
    if relation.column.endswith(("_max", "_mean")):
        name += ", largest" if relation.column.endswith("_max") else ", mean"
    if not np.isfinite(value):
        return Figure(name, "–", relation.description)
    if relation.unit == "":
        return Figure(name, "yes" if value else "no", relation.description)
    return Figure(name, f"{round(value, 3):.3g} {unit}".strip(), relation.description)
