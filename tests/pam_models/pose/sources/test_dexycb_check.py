"""The dataset's own labels as a second opinion on what was read."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from pam_models.conditions.camera import Camera
from pam_models.pose.resampling import clip_window
from pam_models.pose.source import BadInput
from pam_models.pose.sources.dexycb_check import check_against_labels
from pam_models.pose.sources.dexycb_files import depth_file
from tests.pam_models.pose.sources.recordings import (
    DEXYCB_NAME,
    SERIALS,
    K,
    camera_poses,
    grasp,
    mano,
    write_dexycb,
    write_mano,
)


def test_agreement_passes_and_every_difference_is_told(tmp_path: Path) -> None:
    """Catches a check that cannot fail: another camera's pose, another shape, a depth picture in tenths of a mm."""
    truth = grasp(mano(write_mano(tmp_path / "mano")))
    folder = write_dexycb(tmp_path, truth, absent=5) / DEXYCB_NAME

    def check(betas: np.ndarray, seen_from: str) -> None:
        camera = Camera(K.astype(np.float32), camera_poses()[seen_from].astype(np.float32), 640, 480)
        window = clip_window(5, 55, 49, 30.0)
        check_against_labels(
            folder, SERIALS[0], window, camera, truth.hand, betas, truth.pose_flat, truth.transl.astype(np.float64)
        )

    check(truth.betas, SERIALS[0])
    for betas, seen_from in ((truth.betas, SERIALS[1]), (truth.betas + 2, SERIALS[0])):
        with pytest.raises(BadInput, match=r"joint_3d is \d+ mm from pose\.npz"):
            check(betas, seen_from)
    picture = depth_file(folder, SERIALS[0], 5)
    cv2.imwrite(str(picture), cv2.imread(str(picture), cv2.IMREAD_UNCHANGED) * 10)
    with pytest.raises(BadInput, match="depth must be in millimetres"):
        check(truth.betas, SERIALS[0])
    picture.unlink()
    check(truth.betas, SERIALS[0])
