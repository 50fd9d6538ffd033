"""The page: `ReportData` in, one self-contained HTML document out. Everything that comes from data is escaped."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import jinja2
import numpy as np
from markupsafe import Markup

from pam_models.metrics.association import association
from tasks.report.charts import error_over_frames, histogram
from tasks.report.data import MAX_CONFIG_CHARACTERS, Candidate, Clip, ReportData, StageTime, Trajectory
from tasks.report.embed import attempt, data_uri, thumbnail
from tasks.report.headline import amounts, errors, millimetres, notes, whole
from tasks.report.motions import motion_views
from tasks.report.panels import Panels, compose
from tasks.report.scatter import against, first_frame_against_clip

MAX_VIDEO_BYTES = 32 * 2**20
FIGURED = ("penetration_mm_mean", "slip_mm", "contact_ratio")


@dataclass(frozen=True)
class ClipView:
    """A clip ready for the template; `video_uri` is empty where `trouble` says why there is no video."""

    clip: Clip
    trajectory: Trajectory
    number: int
    video_uri: str
    panels: Panels | None
    trouble: str
    chart: Markup


@dataclass(frozen=True)
class CandidateView:
    """A candidate ready for the template."""

    candidate: Candidate
    thumbnail_uri: str
    trouble: str
    clip_number: int | None


@dataclass(frozen=True)
class TrajectoryView:
    """A trajectory's candidates, kept first by rank, then dropped, then failed."""

    trajectory: Trajectory
    number: int
    candidates: tuple[CandidateView, ...]


@dataclass(frozen=True)
class TimeView:
    """One line of the stage times, with its share of the whole for the bar."""

    time: StageTime
    share: float


def render_page(data: ReportData) -> str:
    """The HTML document. Equal data and media give an equal document.

    Media that are missing or damaged leave their reason on the page in place of the picture.
    """
    clips = _clip_views(data)
    scatter = first_frame_against_clip(data.pairs_mm) if len(data.pairs_mm) > 2 else None
    numbers = {view.clip.candidate_id: view.number for view in clips}
    clip_total = data.count("video").ok
    return (
        _environment()
        .get_template("report.html")
        .render(
            data=data,
            amounts=amounts(data),
            errors=errors(data),
            notes=notes(data),
            clips=clips,
            clip_total=clip_total,
            trajectory_total=data.count("pose").ok,
            motions=motion_views(data),
            trajectories=[
                _trajectory_view(data, index, item, numbers) for index, item in enumerate(data.trajectories, 1)
            ],
            candidate_histogram=histogram(
                data.candidate_scores.mpjpe_mm, data.candidate_scores.kept, data.candidate_scores.threshold_mm
            ),
            clip_histogram=histogram(
                data.clip_scores.mpjpe_mm, data.clip_scores.kept, data.clip_scores.threshold_mm, "clips"
            )
            if len(data.clip_scores.mpjpe_mm) >= 8
            else None,
            scatter=scatter,
            foretold=association(data.pairs_mm[:, 0], data.pairs_mm[:, 1]),
            propagation=data.propagation,
            propagation_figures=_propagation_figures(data),
            evaluations=data.evaluations,
            times=_times(data),
            failure_total=sum(count.failed for count in data.counts),
            config=data.config_yaml[:MAX_CONFIG_CHARACTERS],
            style=_asset("style.css"),
            script=_asset("player.html"),
            style_hash=_hash(_asset("style.css")),
            script_hash=_hash(_asset("player.html").split("<script>", 1)[1].rsplit("</script>", 1)[0]),
        )
    )


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("tasks.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        mm=millimetres, whole=whole, seconds=seconds, percent=percent, short=short_id, memory=memory
    )
    return environment


def seconds(value: float | None) -> str:
    """A duration for reading."""
    if value is None:
        return "–"
    if value < 120:
        return f"{value:.1f} s" if value >= 1 else f"{value * 1000:.0f} ms"
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"


def memory(value: int) -> str:
    """A peak of memory for reading; a dash where none was measured."""
    return f"{value / 1e9:.2f} GB" if value else "–"


def percent(value: float) -> str:
    """A share in 0..1 as a percentage; a dash where it is unknown."""
    return f"{value * 100:.0f} %" if np.isfinite(value) else "–"


def short_id(value: str) -> str:
    """The first ten characters of an id: enough to find it, short enough to read."""
    return value[:10]


def _asset(name: str) -> Markup:
    """A file of this package, which is trusted as it is."""
    return Markup(files("tasks.report").joinpath("templates", name).read_text("utf-8"))  # noqa: S704


def _hash(text: str) -> str:
    """How the page's content policy names the one style and the one script that count; nothing else runs."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


def _clip_views(data: ReportData) -> list[ClipView]:
    views: list[ClipView] = []
    embedded = 0
    for trajectory in data.trajectories:
        for clip in trajectory.clips:
            panels, trouble = None, "left out to keep this page small"
            if embedded < MAX_VIDEO_BYTES:
                panels, trouble = attempt(lambda t=trajectory, c=clip: _panels(data, t, c))  # type: ignore[misc]
            video_uri = data_uri("video/mp4", panels.video) if panels else ""
            embedded += len(video_uri)
            chart = error_over_frames(
                clip.mpjpe_mm_per_frame, clip.detected_per_frame, trajectory.phase, clip.reference_mpjpe_mm
            )
            views.append(ClipView(clip, trajectory, len(views) + 1, video_uri, panels, trouble, chart))
    return views


def _panels(data: ReportData, trajectory: Trajectory, clip: Clip) -> Panels:
    frames = data.media.video(clip.video_uri)
    preview = data.media.video(trajectory.preview_uri)
    return compose(frames, preview, data.media.conditions(trajectory), trajectory.joints_px, clip.fps)


def _trajectory_view(data: ReportData, number: int, trajectory: Trajectory, numbers: dict[str, int]) -> TrajectoryView:
    def order(candidate: Candidate) -> tuple[int, int, int]:
        state = 2 if candidate.failure else 0 if candidate.kept else 1
        return state, candidate.rank if candidate.rank is not None else 2**31, candidate.index

    views = []
    for candidate in sorted(trajectory.candidates, key=order):
        uri, trouble = "", candidate.failure or ""
        if not trouble:
            picture, trouble = attempt(lambda c=candidate: thumbnail(data.media.image(c.image_uri)))  # type: ignore[misc]
            uri = picture or ""
        views.append(CandidateView(candidate, uri, trouble, numbers.get(candidate.candidate_id)))
    return TrajectoryView(trajectory, number, tuple(views))


def _propagation_figures(data: ReportData) -> list[Markup]:
    """The mean clip error over the faults that the paper names, where they were measured."""
    found = data.propagation
    chosen = [relation for relation in found.relations if relation.column in FIGURED]
    drawn = [against(one.values, found.clip_mm, one.column, "clip MPJPE (mm)") for one in chosen]
    return [one for one in drawn if one]


def _times(data: ReportData) -> list[TimeView]:
    total = sum(time.wall_s for time in data.stage_times)
    return [TimeView(time, time.wall_s / total if total else 0.0) for time in data.stage_times]
