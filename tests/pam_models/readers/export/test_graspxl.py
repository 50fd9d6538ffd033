"""GraspXL's recordings, read back by the project's reader of the real ones, which knows nothing of the writer."""

import numpy as np
import pytest

from pam_models.hand.skinning import skin
from pam_models.pose.sources.graspxl import read_recording
from pam_models.readers.errors import ExportError
from pam_models.readers.selection import Selection
from tests.pam_models.readers.export.conftest import Export
from tests.pam_models.readers.small_build import SmallBuild, hand_of


def test_a_recording_shows_the_same_motion(mano_build: SmallBuild, export: Export) -> None:
    """Catches flat poses without the mean subtracted, another wrist, and another rate than 100 Hz."""
    folder, outcome = export("graspxl", mano_build)
    assert "1 trajectories with left hands left out" in outcome.messages[0]
    (file,) = folder.glob("mano_dataset_1/large/*/*.npy")
    recording = read_recording(file)
    rows = [row for row in mano_build.rows if row["clip_id"] == "clip0"]
    assert recording.object_id == "cube-0"
    assert len(recording.pose) == int(12 / 15 * 100) + 1
    hand = hand_of("mano", "right", mano_build.mano_dir)
    still = skin(hand, np.zeros((1, 48), np.float32), np.zeros(10, np.float32), np.zeros((1, 3), np.float32))
    for frame in (0, 3, 6, 12):
        at = round(frame / 15 * 100)
        row = rows[frame]
        if abs(at - frame / 15 * 100) > 1e-9:
            continue
        np.testing.assert_allclose(recording.pose[at] + hand.hands_mean, row["pose_flat"][3:], atol=1e-5)
        wrist = row["T_world_cam"][:3, :3] @ row["xyz"][0] + row["T_world_cam"][:3, 3]
        np.testing.assert_allclose(recording.transl[at] + still.joints[0, 0], wrist, atol=1e-5)
        np.testing.assert_allclose(recording.object_trans[at], row["object_pose"][:3, 3], atol=1e-6)


def test_left_hands_alone_are_refused(mano_build: SmallBuild, export: Export) -> None:
    """Catches left hands written as right ones."""
    with pytest.raises(ExportError, match="right hands only"):
        export("graspxl", mano_build, selection=Selection(side="left"))


def test_parts_of_clips_are_refused(build: SmallBuild, export: Export) -> None:
    """Catches a motion with frames missing."""
    with pytest.raises(ExportError, match="clip clip0: 2 rows are selected of 13 frames; graspxl takes whole clips"):
        export("graspxl", build, selection=Selection(clips=("clip0",), max_mpjpe_mm=12.0))
