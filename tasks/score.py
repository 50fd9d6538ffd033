"""What an estimator sees in generated pixels, against the joints that were known before they were painted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby

import numpy as np
from jaxtyping import Bool, Float, UInt8

from pam_models.estimators.base import HandEstimator
from pam_models.estimators.compact.crop import box_of_joints
from pam_models.metrics.mpjpe import error_2d_px, mpjpe_mm, pa_mpjpe_mm
from tasks.build import Build
from tasks.config import GenerateConfig
from tasks.estimators import estimator_models, load_estimator
from tasks.hands import resolve_hand
from tasks.media import read_frames, read_image
from tasks.rendering import shaded_frames
from tasks.scene import Scene, scene_of
from tasks.stage import Item, PhasedStage, Row, StageFactory
from tasks.steps import Step
from tasks.store import Store

FIRST_FRAME = 0
DETECTED_SHARE = 0.5


@dataclass(frozen=True)
class FrameErrors:
    """Errors of each of N pictures; where no hand was found the millimetres are still the estimator's answer."""

    mpjpe_mm: Float[np.ndarray, " N"]
    pa_mpjpe_mm: Float[np.ndarray, " N"]
    error_2d_px: Float[np.ndarray, " N"]
    confidence: Float[np.ndarray, " N"]
    detected: Bool[np.ndarray, " N"]


def estimate_errors(
    estimator: HandEstimator, scene: Scene, frames: Sequence[int], pictures: UInt8[np.ndarray, "N H W 3"]
) -> FrameErrors:
    """Errors of pictures of these frames of a scene; the boxes are those of the known joints."""
    camera = scene.camera.at(frames)
    joints_m = camera.to_camera(scene.geometry.joints[list(frames)])
    joints_px = camera.project(scene.geometry.joints[list(frames)])
    boxes = np.stack([box_of_joints(joints) for joints in joints_px])
    intrinsics = np.broadcast_to(scene.camera.K, (len(pictures), 3, 3)).copy()
    estimate = estimator.predict(pictures, boxes, [scene.hand.side] * len(pictures), intrinsics)
    return FrameErrors(
        mpjpe_mm=mpjpe_mm(estimate.joints_m, joints_m),
        pa_mpjpe_mm=pa_mpjpe_mm(estimate.joints_m, joints_m),
        error_2d_px=error_2d_px(estimate.joints_px, joints_px),
        confidence=estimate.confidence,
        detected=estimate.confidence >= estimator.detection_threshold,
    )


class _ScoreStage(PhasedStage):
    """What scoring pictures and scoring clips share: the estimator, and the scenes that are known."""

    def __init__(self, config: GenerateConfig, store: Store) -> None:
        self._config = config
        self._store = store

    def setup(self) -> None:
        """Load the estimator once per worker."""
        self._estimator = load_estimator(self._config)
        self._scenes: dict[str, Scene] = {}

    def close(self) -> None:
        """Give the model's memory back."""
        del self._estimator

    def _scene(self, trajectory: Row) -> Scene:
        key = trajectory["item_id"]
        if key not in self._scenes:
            mesh = self._store.read_media(trajectory["object_mesh_uri"], trajectory["object_mesh_sha256"])
            self._scenes = {key: scene_of(trajectory, resolve_hand(self._config, trajectory["side"]), mesh)}
        return self._scenes[key]


class CandidateScoreStage(_ScoreStage):
    """Scores first frames: one estimate per candidate, all candidates of a trajectory at once."""

    name = "score-candidates"

    def prepare(self, items: list[Item]) -> list[tuple[Scene, UInt8[np.ndarray, "N H W 3"]]]:
        """Read the pictures, trajectory by trajectory."""
        groups = [list(group) for _, group in groupby(items, key=lambda item: item.inputs["pose"]["item_id"])]
        return [
            (
                self._scene(group[0].inputs["pose"]),
                np.stack([self._picture(item.inputs["appearance"]) for item in group]),
            )
            for group in groups
        ]

    def compute(
        self, items: list[Item], prepared: list[tuple[Scene, UInt8[np.ndarray, "N H W 3"]]]
    ) -> list[FrameErrors]:
        """Look at the pictures of each trajectory at once."""
        del items
        return [
            estimate_errors(self._estimator, scene, [FIRST_FRAME] * len(pictures), pictures)
            for scene, pictures in prepared
        ]

    def finish(self, items: list[Item], computed: list[FrameErrors]) -> list[Row]:
        """One row per candidate."""
        places = ((errors, place) for errors in computed for place in range(len(errors.mpjpe_mm)))
        return [self._row(item, *found) for item, found in zip(items, places, strict=True)]

    def _picture(self, candidate: Row) -> UInt8[np.ndarray, "H W 3"]:
        return read_image(self._store.read_media(candidate["image_uri"], candidate["image_sha256"]))

    def _row(self, item: Item, errors: FrameErrors, place: int) -> Row:
        return {
            "target_id": item.inputs["appearance"]["item_id"],
            "trajectory_id": item.inputs["pose"]["item_id"],
            "mpjpe_mm": float(errors.mpjpe_mm[place]) if errors.detected[place] else None,
            "pa_mpjpe_mm": float(errors.pa_mpjpe_mm[place]),
            "error_2d_px": float(errors.error_2d_px[place]),
            "detected": bool(errors.detected[place]),
            "confidence": float(errors.confidence[place]),
            "estimator_id": self._estimator.estimator_id,
        }


@dataclass(frozen=True)
class ClipToScore:
    """A clip beside the renderer's frames of the same trajectory."""

    scene: Scene
    frames: UInt8[np.ndarray, "T H W 3"]
    rendered: UInt8[np.ndarray, "T H W 3"]


class ClipScoreStage(_ScoreStage):
    """Scores every frame of a clip, and the renderer's own frames of the same trajectory beside it."""

    name = "score-clips"

    def prepare(self, items: list[Item]) -> list[ClipToScore]:
        """Decode the clips, and render the same trajectories."""
        return [self._clip(item) for item in items]

    def compute(self, items: list[Item], prepared: list[ClipToScore]) -> list[tuple[FrameErrors, FrameErrors]]:
        """Look at every frame of each clip, and at the renderer's own."""
        del items
        return [
            (
                estimate_errors(self._estimator, clip.scene, range(len(clip.frames)), clip.frames),
                estimate_errors(self._estimator, clip.scene, range(len(clip.frames)), clip.rendered),
            )
            for clip in prepared
        ]

    def finish(self, items: list[Item], computed: list[tuple[FrameErrors, FrameErrors]]) -> list[Row]:
        """One row per clip."""
        return [self._row(item, *errors) for item, errors in zip(items, computed, strict=True)]

    def _clip(self, item: Item) -> ClipToScore:
        clip_row, trajectory = item.inputs["video"], item.inputs["pose"]
        scene = self._scene(trajectory)
        frames = read_frames(self._store.read_media(clip_row["video_uri"], clip_row["video_sha256"]))
        return ClipToScore(scene, frames, shaded_frames(scene, trajectory["seed"]))

    def _row(self, item: Item, errors: FrameErrors, reference: FrameErrors) -> Row:
        clip_row, trajectory = item.inputs["video"], item.inputs["pose"]
        found = bool(errors.detected.mean() >= DETECTED_SHARE)
        return {
            "target_id": clip_row["item_id"],
            "trajectory_id": trajectory["item_id"],
            "mpjpe_mm": float(errors.mpjpe_mm.mean()) if found else None,
            "pa_mpjpe_mm": float(errors.pa_mpjpe_mm.mean()),
            "error_2d_px": float(errors.error_2d_px.mean()),
            "detected": found,
            "confidence": float(errors.confidence.mean()),
            "estimator_id": self._estimator.estimator_id,
            "mpjpe_mm_per_frame": errors.mpjpe_mm.tolist(),
            "pa_mpjpe_mm_per_frame": errors.pa_mpjpe_mm.tolist(),
            "error_2d_px_per_frame": errors.error_2d_px.tolist(),
            "detected_per_frame": errors.detected.tolist(),
            "reference_mpjpe_mm": float(reference.mpjpe_mm.mean()),
        }


def stage(build: Build, step: Step) -> StageFactory:
    """How a worker makes this step's stage: candidates and clips are scored by the same estimator."""
    kind = CandidateScoreStage if step.name == CandidateScoreStage.name else ClipScoreStage
    return partial(kind, build.config, build.store)


def models(build: Build, step: Step) -> dict[str, str]:
    """The weights that look at the pixels."""
    return estimator_models(build.config)
