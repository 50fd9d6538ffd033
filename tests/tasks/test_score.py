"""The score steps: errors come from the pixels, against the joints that were known."""

from pathlib import Path

import numpy as np
import pytest

from tasks.score import CandidateScoreStage, ClipScoreStage, estimate_errors
from tasks.store import Store
from tests.tasks.stage_inputs import candidate_row, clip_row, item, small_config, store_in, trajectory_row
from tests.tasks.trajectories import lifted_mug


class Oracle:
    """An estimator that answers the truth for frame 0 of the mug and counts what it was shown."""

    estimator_id = "oracle"
    detection_threshold = 0.5

    def predict(self, images, boxes_xyxy, sides, K):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        from pam_models.estimators.base import HandEstimate

        scene, _, _ = lifted_mug()
        joints = scene.camera.to_camera(scene.geometry.joints[:1])
        known = np.repeat(joints - joints[:, :1], len(images), 0)
        pixels = np.repeat(scene.camera.project(scene.geometry.joints[:1]), len(images), 0)
        return HandEstimate(known, pixels, np.full(len(images), 0.9, np.float32))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store of its own."""
    return store_in(tmp_path)


def test_errors_are_against_the_frame_that_was_shown() -> None:
    """Catches a comparison with the wrong frame's joints: only frame 0 may agree."""
    scene, _, _ = lifted_mug()
    pictures = np.zeros((2, 96, 144, 3), np.uint8)
    errors = estimate_errors(Oracle(), scene, [0, 40], pictures)
    assert errors.mpjpe_mm[0] < 1e-3 and errors.error_2d_px[0] < 1e-3
    assert errors.mpjpe_mm[1] > 5 and errors.error_2d_px[1] > 5


def test_a_picture_without_a_hand_has_no_error_but_a_row(store: Store) -> None:
    """Catches a given box that makes an estimator answer where nothing is."""
    pose, candidate = trajectory_row(store), candidate_row(store)
    stage = CandidateScoreStage(small_config(), store)
    stage.setup()
    (seen,) = stage.infer([item(pose=pose, appearance=candidate)])
    assert seen["detected"] and seen["mpjpe_mm"] is not None and seen["target_id"] == "candidate"
    from tasks.media import encode_png

    grey = store.put_media(encode_png(np.full((96, 144, 3), 120, np.uint8)), "png").columns("image")
    (unseen,) = stage.infer([item(pose=pose, appearance={**candidate, **grey})])
    assert not unseen["detected"] and unseen["mpjpe_mm"] is None and unseen["confidence"] < 0.5


def test_the_renderers_own_clip_scores_like_its_reference(store: Store) -> None:
    """Catches a reference in another look, or errors of shuffled frames: only the codec may stand between the two."""
    pose = trajectory_row(store)
    stage = ClipScoreStage(small_config(), store)
    stage.setup()
    (row,) = stage.infer([item(pose=pose, video=clip_row(store))])
    assert len(row["mpjpe_mm_per_frame"]) == len(row["detected_per_frame"]) == 49
    assert row["mpjpe_mm"] == pytest.approx(np.mean(row["mpjpe_mm_per_frame"]), rel=1e-5)
    assert row["mpjpe_mm"] == pytest.approx(row["reference_mpjpe_mm"], rel=0.15)
