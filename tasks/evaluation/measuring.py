"""One clip measured: decoded, compared with its reference and with what is known, and given its row."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from jaxtyping import Float32, UInt8

from pam_models.metrics.flicker import flicker_levels
from pam_models.metrics.image import psnr_db, ssim
from pam_models.metrics.motion_fidelity import motion_fidelity
from pam_models.metrics.tracks import Tracker
from tasks.config import GenerateConfig
from tasks.evaluation.clips import ClipRef
from tasks.evaluation.estimates import LEAST_DETECTED, TOO_FEW, joint_measures, vertex_measures
from tasks.evaluation.media import decoded, stored_medium
from tasks.evaluation.networks import Networks
from tasks.evaluation.reference import Reference
from tasks.evaluation.settings import ESTIMATED, SETS, EvaluationSettings
from tasks.evaluation.specs import column_of
from tasks.evaluation.truth import Truth, truth_of
from tasks.hands import resolve_hand
from tasks.scene import scene_of
from tasks.stage import Row
from tasks.store import Store

Frames = UInt8[np.ndarray, "T H W 3"]


class ClipMeasurer:
    """Measures clips one at a time: never more than one clip and its reference are in memory."""

    def __init__(
        self,
        settings: EvaluationSettings,
        config: GenerateConfig,
        store: Store,
        networks: Networks,
        reference: Reference,
    ) -> None:
        self._settings, self._config, self._store = settings, config, store
        self._networks, self._reference = networks, reference

    def measure(self, clip: ClipRef, trajectory: Row) -> Row:
        """The clip's row. Raises BadMedium or ValueError for a clip that cannot be compared at all."""
        size = (int(trajectory["height"]), int(trajectory["width"]))
        length = int(trajectory["num_frames"])
        data = stored_medium(self._store, clip.uri, clip.sha256, "the clip")
        frames = decoded(data, length, size, "the clip")
        medium = self._reference.medium(clip, trajectory)
        reference = decoded(medium.data, length, size, f"its reference ({self._reference.label})")
        truth = truth_of(self._store, trajectory)
        row: Row = {
            "trajectory_id": clip.trajectory_id,
            "video_sha256": clip.sha256,
            "reference_sha256": medium.sha256,
            "num_frames": length,
        }
        notes: list[str] = []
        self._remember_features(notes, {clip.sha256: frames, medium.sha256: reference})
        self._fill(row, notes, self._picture_measures(frames, reference, truth))
        self._motion(row, notes, frames, reference, truth)
        if self._networks.estimates is not None:
            self._fill(row, notes, self._estimated(row, clip, frames, truth, trajectory))
        return {**row, "unavailable": notes}

    def _remember_features(self, notes: list[str], media: dict[str, Frames]) -> None:
        for kind, features in (("video", self._networks.video), ("image", self._networks.image)):
            try:
                for digest, frames in media.items():
                    if features is not None:
                        features.of(digest, frames)
            except ValueError as error:
                notes.append(f"{kind}: {error}")

    def _wanted(self, column: str) -> bool:
        names = {column_of(name) for name in self._settings.metrics if name not in SETS}
        return column.removeprefix("reference_") in names

    def _fill(self, row: Row, notes: list[str], measures: dict[str, Callable[[], float]]) -> None:
        for column, measure in measures.items():
            if self._wanted(column):
                try:
                    row[column] = measure()
                except ValueError as error:
                    notes.append(f"{column}: {error}")

    def _picture_measures(self, frames: Frames, reference: Frames, truth: Truth) -> dict[str, Callable[[], float]]:
        lpips = self._networks.lpips
        return {
            "psnr_db": lambda: _mean_over_frames(psnr_db, frames, reference),
            "ssim": lambda: _mean_over_frames(ssim, frames, reference),
            "lpips": lambda: float(lpips.distances(frames, reference).mean()) if lpips is not None else 0.0,
            "flicker_levels": lambda: flicker_levels(frames, truth.still),
            "reference_flicker_levels": lambda: flicker_levels(reference, truth.still),
        }

    def _motion(self, row: Row, notes: list[str], frames: Frames, reference: Frames, truth: Truth) -> None:
        tracker: Tracker | None = self._networks.tracker
        if tracker is None:
            return
        known = truth.tracks()
        start = known.points_px[:, 0]
        other = known if self._reference.knows_tracks else tracker.track(reference, start)
        try:
            found = motion_fidelity(tracker.track(frames, start), other, frames.shape[1])
        except ValueError as error:
            notes.append(f"motion_fidelity: {error}")
            return
        row["motion_fidelity"] = found.value
        row["generated_tracks"], row["reference_tracks"] = found.generated_tracks, found.reference_tracks

    def _estimated(
        self, row: Row, clip: ClipRef, frames: Frames, truth: Truth, trajectory: Row
    ) -> dict[str, Callable[[], float]]:
        estimates = self._networks.estimates
        assert estimates is not None
        estimate = estimates.of(clip, frames, truth, trajectory["side"])
        share = estimates.detected(estimate)
        row["detected"] = share if "detected" in self._settings.metrics else None
        if share < LEAST_DETECTED:
            wanted = [column_of(name) for name in ESTIMATED if name != "detected"]
            return dict.fromkeys(wanted, partial(_refuse, TOO_FEW.format(share=share)))

        def known_vertices() -> Float32[np.ndarray, "T V 3"]:
            mesh = stored_medium(
                self._store, trajectory["object_mesh_uri"], trajectory["object_mesh_sha256"], "the object's mesh"
            )
            scene = scene_of(trajectory, resolve_hand(self._config, trajectory["side"]), mesh)
            return scene.camera.to_camera(scene.geometry.vertices)

        return joint_measures(estimate, truth, clip.fps) | vertex_measures(estimate, truth, known_vertices)


def _refuse(reason: str) -> float:
    raise ValueError(reason)


def _mean_over_frames(metric: Callable[[np.ndarray, np.ndarray], float], frames: Frames, reference: Frames) -> float:
    return float(np.mean([metric(one, other) for one, other in zip(frames, reference, strict=True)]))
