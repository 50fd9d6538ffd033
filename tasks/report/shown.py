"""The trajectories that the page shows whole, with their candidates, decisions, clips and scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Bool, Float32

from tasks.report.data import MAX_CANDIDATES, MAX_CLIPS, MAX_TRAJECTORIES, Candidate, Clip, Quality, Trajectory
from tasks.report.reading import PublishedBuild
from tasks.rows import rows_of
from tasks.scene import camera_of

Row = Mapping[str, Any]
CANDIDATE_COLUMNS = ("item_id", "parent_id", "status", "error_type", "error_message", "index", "image_uri", "prompt")
SCORE_COLUMNS = ("parent_id", "status", "error_type", "error_message", "detected", "mpjpe_mm")
CLIP_COLUMNS = (
    "item_id", "status", "candidate_id", "trajectory_id", "video_uri", "video_bytes", "prompt", "fps", "num_frames",
)  # fmt: skip
CLIP_SCORE_COLUMNS = (
    "target_id", "status", "mpjpe_mm", "pa_mpjpe_mm", "error_2d_px", "reference_mpjpe_mm", "mpjpe_mm_per_frame",
    "detected_per_frame",
)  # fmt: skip
POSE_COLUMNS = (
    "item_id", "status", "object_word", "source", "side", "num_frames", "fps", "lifted", "lift_height_m", "slip_mm",
    "penetration_mm_max", "penetration_mm_mean", "contact_ratio", "jerk_m_s3", "visible_fraction",
    "pose_is_approximate", "notes", "phase", "joints_world_m", "K", "T_world_cam", "width", "height",
    "maps_uri", "preview_uri",
)  # fmt: skip


def shown_trajectories(published: PublishedBuild) -> tuple[Trajectory, ...]:
    """The first trajectories of the build, in order, each with its best clips (`MAX_CLIPS` in all)."""
    poses: list[Row] = []
    for table in published.tables("pose", POSE_COLUMNS):
        good = table.filter(pc.equal(table.column("status"), "ok"))
        poses.extend(rows_of(good.slice(0, MAX_TRAJECTORIES - len(poses))))
        if len(poses) == MAX_TRAJECTORIES:
            break
    ids = [row["item_id"] for row in poses]
    candidates = _candidates(published, ids)
    clips = _clips(published, ids, {one.candidate_id: one for found in candidates.values() for one in found})
    share = max(1, MAX_CLIPS // max(1, sum(bool(clips.get(one)) for one in ids)))
    return tuple(
        _trajectory(row, candidates.get(row["item_id"], []), clips.get(row["item_id"], [])[:share]) for row in poses
    )


def quality_of(row: Mapping[str, Any]) -> Quality:
    """The quality columns of a `pose` row; numbers that a source does not know are NaN."""

    def number(name: str) -> float:
        return float("nan") if row[name] is None else float(row[name])

    return Quality(
        trajectory_id=row["item_id"],
        object_word=row["object_word"],
        source=row["source"],
        side=row["side"],
        num_frames=int(row["num_frames"]),
        lifted=bool(row["lifted"]),
        lift_height_m=number("lift_height_m"),
        slip_mm=number("slip_mm"),
        penetration_mm_max=number("penetration_mm_max"),
        penetration_mm_mean=number("penetration_mm_mean"),
        contact_ratio=number("contact_ratio"),
        jerk_m_s3=number("jerk_m_s3"),
        visible_fraction=number("visible_fraction"),
        pose_is_approximate=bool(row["pose_is_approximate"]),
    )


def _trajectory(row: Row, candidates: Sequence[Candidate], clips: Sequence[Clip]) -> Trajectory:
    frames = int(row["num_frames"])
    joints_world_m = np.asarray(row["joints_world_m"], np.float32).reshape(frames, 21, 3)
    return Trajectory(
        quality=quality_of(row),
        fps=float(row["fps"]),
        width=int(row["width"]),
        height=int(row["height"]),
        phase=tuple(row["phase"] or ()),
        notes=tuple(row["notes"] or ()),
        joints_px=camera_of(row).project(joints_world_m),
        preview_uri=row["preview_uri"],
        maps_uri=row["maps_uri"],
        candidates=tuple(candidates),
        clips=tuple(clips),
    )


def _rows(
    published: PublishedBuild, step: str, columns: Sequence[str], by: str, wanted: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Rows of a step whose `by` is among the wanted ids, which stand together: parts follow the plan's order."""
    values = pa.array(list(wanted), pa.string())
    begun = False
    for table in published.tables(step, columns):
        chosen = table.filter(pc.is_in(table.column(by), value_set=values))
        if begun and not chosen.num_rows:
            return
        begun = begun or chosen.num_rows > 0
        yield from rows_of(chosen)


def _candidates(published: PublishedBuild, trajectories: Sequence[str]) -> dict[str, list[Candidate]]:
    """The first candidates of each trajectory with what scoring and selection said of them."""
    painted: dict[str, list[Row]] = {}
    for row in _rows(published, "appearance", CANDIDATE_COLUMNS, "parent_id", trajectories):
        if len(painted.setdefault(row["parent_id"], [])) < MAX_CANDIDATES:
            painted[row["parent_id"]].append(row)
    ids = [row["item_id"] for rows in painted.values() for row in rows]
    scores = {row["parent_id"]: row for row in _rows(published, "score-candidates", SCORE_COLUMNS, "parent_id", ids)}
    decided = _rows(published, "select-candidates", ("target_id", "rank", "kept"), "target_id", ids)
    decisions = {row["target_id"]: row for row in decided}
    return {
        trajectory: [
            _candidate(number, row, scores.get(row["item_id"]), decisions.get(row["item_id"]))
            for number, row in enumerate(rows)
        ]
        for trajectory, rows in painted.items()
    }


def _candidate(number: int, row: Row, score: Row | None, decision: Row | None) -> Candidate:
    failed = next((one for one in (row, score) if one is not None and one["status"] == "failed"), None)
    scored = score is not None and score["status"] != "failed"
    return Candidate(
        candidate_id=row["item_id"],
        index=number if row["index"] is None else int(row["index"]),
        image_uri=row["image_uri"] or "",
        prompt=row["prompt"] or "",
        mpjpe_mm=float(score["mpjpe_mm"]) if scored and score and score["mpjpe_mm"] is not None else None,
        detected=bool(score["detected"]) if scored and score else False,
        rank=int(decision["rank"]) if decision is not None else None,
        kept=bool(decision["kept"]) if decision is not None else False,
        failure=f"{failed['error_type']}: {failed['error_message']}" if failed is not None else None,
    )


def _clips(
    published: PublishedBuild, trajectories: Sequence[str], candidates: Mapping[str, Candidate]
) -> dict[str, list[Clip]]:
    """The finished clips of each trajectory, those of the best first frames first."""
    rows = _rows(published, "video", CLIP_COLUMNS, "trajectory_id", trajectories)
    made = [row for row in rows if row["status"] == "ok"]
    ids = [row["item_id"] for row in made]
    scores = {row["target_id"]: row for row in _rows(published, "score-clips", CLIP_SCORE_COLUMNS, "target_id", ids)}
    decided = _rows(published, "select-clips", ("target_id", "kept"), "target_id", ids)
    verdicts = {row["target_id"]: row["kept"] for row in decided}

    def order(row: Row) -> tuple[int, str]:
        candidate = candidates.get(row["candidate_id"])
        return (candidate.rank if candidate and candidate.rank is not None else 2**31), row["item_id"]

    found: dict[str, list[Clip]] = {}
    for row in sorted(made, key=order):
        clip = _clip(row, scores.get(row["item_id"]), kept=verdicts.get(row["item_id"], True))
        found.setdefault(row["trajectory_id"], []).append(clip)
    return found


def _clip(row: Row, score: Row | None, *, kept: bool) -> Clip:
    frames = int(row["num_frames"])

    def number(name: str) -> float:
        return float(score[name]) if score is not None and score[name] is not None else float("nan")

    return Clip(
        clip_id=row["item_id"],
        candidate_id=row["candidate_id"],
        video_uri=row["video_uri"],
        video_bytes=int(row["video_bytes"]),
        prompt=row["prompt"] or "",
        fps=float(row["fps"]),
        mpjpe_mm=number("mpjpe_mm"),
        pa_mpjpe_mm=number("pa_mpjpe_mm"),
        error_2d_px=number("error_2d_px"),
        reference_mpjpe_mm=number("reference_mpjpe_mm"),
        mpjpe_mm_per_frame=_floats(score, "mpjpe_mm_per_frame", frames),
        detected_per_frame=_found(score, frames),
        kept=kept,
    )


def _floats(score: Row | None, name: str, frames: int) -> Float32[np.ndarray, " T"]:
    values = score[name] if score is not None else None
    return np.full(frames, np.nan, np.float32) if values is None else np.asarray(values, np.float32)


def _found(score: Row | None, frames: int) -> Bool[np.ndarray, " T"]:
    values = score["detected_per_frame"] if score is not None else None
    return np.zeros(frames, bool) if values is None else np.asarray(values, bool)
