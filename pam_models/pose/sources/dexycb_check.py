"""Does what was read agree with what DexYCB itself says of the same frame? A wrong convention shows here at once."""

from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32

from pam_models.conditions.camera import Camera
from pam_models.conditions.palette import HAND_LABEL
from pam_models.hand.model import HandModel
from pam_models.hand.skinning import skin
from pam_models.pose.resampling import Window
from pam_models.pose.source import BadInput
from pam_models.pose.sources.dexycb_files import depth_file, labels_file, read_depth_m, read_labels

# Tips are left out: the dataset takes other vertices for them (formats.md section 3.3).
NOT_TIPS = [joint for joint in range(21) if joint == 0 or joint % 4 != 0]
JOINTS_AGREE_M = 0.005
# The depth camera sees the near side of the hand and errs by centimetres at worst.
DEPTH_AGREES_M = 0.1


def check_against_labels(
    folder: Path,
    serial: str,
    window: Window,
    camera: Camera,
    hand: HandModel,
    betas: Float32[np.ndarray, "10"],
    pose_flat: Float[np.ndarray, "F 48"],
    transl: Float[np.ndarray, "F 3"],
) -> None:
    """Compare the hand with the first frame of the window that has labels in this camera's frame, and with its depth
    picture; files that are not there are not asked for.

    Raises BadInput where joints differ by more than 5 mm or the hand's depth by more than 10 cm.
    """
    for frame in np.unique(np.rint(window.at).astype(int)).tolist():
        file = labels_file(folder, serial, frame)
        labels = read_labels(file) if file.is_file() else None
        if labels is None or labels.joints_m is None:
            continue
        posed = skin(hand, pose_flat[[frame]], betas, transl[[frame]])
        joints_m = camera.to_camera(posed.joints[0])
        apart_m = np.linalg.norm(joints_m - labels.joints_m, axis=1)[NOT_TIPS].max()
        if apart_m > JOINTS_AGREE_M:
            raise BadInput(
                f"{file}: joint_3d is {apart_m * 1e3:.0f} mm from pose.npz in this camera; "
                "the calibration or the MANO file is not the recording's"
            )
        depth = depth_file(folder, serial, frame)
        on_hand = labels.segmentation == HAND_LABEL
        if depth.is_file() and on_hand.any():
            measured_m = read_depth_m(depth)[on_hand]
            off_m = abs(float(np.median(measured_m[measured_m > 0])) - float(np.median(joints_m[:, 2])))
            if (measured_m > 0).any() and off_m > DEPTH_AGREES_M:
                raise BadInput(f"{depth}: sees the hand {off_m:.2f} m from where it is; depth must be in millimetres")
        return
