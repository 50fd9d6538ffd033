"""What the page shows, as plain values: the page is built from these alone, wherever they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from jaxtyping import Bool, Float, UInt8

from pam_models.metrics.result import MetricResult

MAX_TRAJECTORIES = 12
MAX_CLIPS = 12
MAX_CANDIDATES = 60
MAX_ROWS = 200
MAX_PAIRS = 5000
MAX_CONFIG_CHARACTERS = 100_000


@dataclass(frozen=True)
class StepCount:
    """The rows of one step, by status."""

    step: str
    ok: int
    filtered: int
    failed: int

    @property
    def total(self) -> int:
        """All rows, whatever became of them."""
        return self.ok + self.filtered + self.failed


@dataclass(frozen=True)
class Scores:
    """The errors of one kind of item over the whole build, and what selection made of them.

    `mpjpe_mm` is NaN where no hand was detected. `threshold_mm` is None where nothing was selected or every
    input had its own threshold.
    """

    mpjpe_mm: Float[np.ndarray, " N"]
    kept: Bool[np.ndarray, " N"]
    threshold_mm: float | None = None


@dataclass(frozen=True)
class Quality:
    """How good one trajectory is as a motion (units in the names)."""

    trajectory_id: str
    object_word: str
    source: str
    side: str
    num_frames: int
    lifted: bool
    lift_height_m: float
    slip_mm: float
    penetration_mm_max: float
    penetration_mm_mean: float
    contact_ratio: float
    jerk_m_s3: float
    visible_fraction: float
    pose_is_approximate: bool


@dataclass(frozen=True)
class Candidate:
    """One first frame: its picture's address, its error, and its fate in selection; rank 0 is best, None not ranked."""

    candidate_id: str
    index: int
    image_uri: str
    prompt: str
    mpjpe_mm: float | None
    detected: bool
    rank: int | None
    kept: bool
    failure: str | None = None


@dataclass(frozen=True)
class Clip:
    """One clip with its per-frame errors; `reference_mpjpe_mm` is the error on the renderer's own frames."""

    clip_id: str
    candidate_id: str
    video_uri: str
    video_bytes: int
    prompt: str
    fps: float
    mpjpe_mm: float
    pa_mpjpe_mm: float
    error_2d_px: float
    reference_mpjpe_mm: float
    mpjpe_mm_per_frame: Float[np.ndarray, " T"]
    detected_per_frame: Bool[np.ndarray, " T"]
    kept: bool = True


@dataclass(frozen=True)
class Trajectory:
    """One trajectory that the page shows whole: its known joints in pixels (centres at integers), media, results."""

    quality: Quality
    fps: float
    width: int
    height: int
    phase: tuple[str, ...]
    notes: tuple[str, ...]
    joints_px: Float[np.ndarray, "T 21 2"]
    preview_uri: str
    maps_uri: str
    candidates: tuple[Candidate, ...]
    clips: tuple[Clip, ...]


@dataclass(frozen=True)
class Failure:
    """One item that failed, and why."""

    step: str
    item_id: str
    error_type: str
    error_message: str
    attempts: int


@dataclass(frozen=True)
class StageTime:
    """What one step took, over all of its shards that left a timing; peaks are the highest of any one worker, 0 where
    none was measured.
    """

    step: str
    shards: int
    items: int
    wall_s: float
    gpu_s: float | None = None
    peak_rss_bytes: int = 0
    peak_gpu_bytes: int = 0


@dataclass(frozen=True)
class Relation:
    """One quality column against the errors, over trajectories: Spearman's rho for candidates and for clips."""

    column: str
    unit: str
    description: str
    values: Float[np.ndarray, " N"]
    candidates: MetricResult
    clips: MetricResult


@dataclass(frozen=True)
class Flag:
    """One named fault of trajectories: how many have it, and the mean clip error of those with it and without.

    `low` and `high` are the 95 % interval of the difference (with minus without), None where a side is too small.
    """

    name: str
    rule: str
    flagged: int
    unflagged: int
    flagged_mm: float
    unflagged_mm: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Propagation:
    """Every quality column and every flag of a build's trajectories against their mean errors in mm."""

    candidate_mm: Float[np.ndarray, " N"]
    clip_mm: Float[np.ndarray, " N"]
    relations: tuple[Relation, ...] = ()
    flags: tuple[Flag, ...] = ()


NOTHING = Propagation(np.zeros(0), np.zeros(0))


@dataclass(frozen=True)
class EvaluationShown:
    """One evaluation: its name, what it compared with, how many clips, and its numbers as `results.json` has them."""

    name: str
    reference: str
    clips: int
    failed: int
    metrics: tuple[Mapping[str, Any], ...]


class Media(Protocol):
    """Where the pictures come from. Every method raises ValueError or OSError for media that are missing or damaged."""

    def image(self, uri: str) -> UInt8[np.ndarray, "H W 3"]:
        """A picture as RGB."""
        ...

    def video(self, uri: str) -> UInt8[np.ndarray, "T H W 3"]:
        """A clip as RGB."""
        ...

    def conditions(self, trajectory: Trajectory) -> Mapping[str, UInt8[np.ndarray, "T H W 3"]]:
        """The condition videos that drove the video model, by name: depth, segmentation, keypoints."""
        ...

    def every_condition(self, trajectory: Trajectory) -> Mapping[str, UInt8[np.ndarray, "T H W 3"]]:
        """Every condition that can be drawn of a trajectory, by name, undisturbed."""
        ...


@dataclass(frozen=True)
class ReportData:
    """A whole build as the page shows it: figures over all of it, and the first few trajectories with their media.

    `pairs_mm` holds the first-frame and the clip error of the clips in which both are known (at most `MAX_PAIRS`).
    `quality` and `failures` hold at most `MAX_ROWS` rows; `failure_groups` counts all of them by (step, error type).
    """

    build_id: str
    profile: str
    config_yaml: str
    counts: tuple[StepCount, ...]
    candidate_scores: Scores
    clip_scores: Scores
    reference_mm: Float[np.ndarray, " C"]
    pairs_mm: Float[np.ndarray, "P 2"]
    quality: tuple[Quality, ...]
    trajectories: tuple[Trajectory, ...]
    failures: tuple[Failure, ...]
    failure_groups: Mapping[tuple[str, str], int]
    stage_times: tuple[StageTime, ...]
    num_samples: int
    splits: Mapping[str, int]
    num_approximate: int
    license_tags: tuple[str, ...]
    provenance: tuple[tuple[str, str], ...]
    media: Media
    propagation: Propagation = NOTHING
    evaluations: tuple[EvaluationShown, ...] = ()

    def count(self, step: str) -> StepCount:
        """The rows of a step; all zero for a step that the build did not have."""
        return next((count for count in self.counts if count.step == step), StepCount(step, 0, 0, 0))
