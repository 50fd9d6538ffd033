import numpy as np

from pam_models.hand.free_hand_builder.skeleton import FINGERS, THUMB, joint_positions


def test_joints_fill_all_sixteen_places_in_mano_order() -> None:
    """Catches a finger written over another, and ring before pinky."""
    joints = joint_positions()
    assert len(np.unique(joints.round(3), axis=0)) == 16
    index, middle, pinky, ring = joints[[1, 4, 7, 10], 1]
    assert index > middle > ring > pinky


def test_axes_are_right_angled_to_the_bones() -> None:
    """Catches a flexion axis with a twist in it."""
    for finger in (*FINGERS, THUMB):
        assert abs(finger.flexion_axis @ finger.direction) < 1e-9
        assert abs(finger.flexion_axis @ finger.dorsal) < 1e-9


def test_thumb_stands_off_by_about_forty_degrees() -> None:
    """Catches a thumb that lies along the index finger or sticks out sideways."""
    angle = np.rad2deg(np.arccos(THUMB.direction @ FINGERS[0].direction))
    assert 30 < angle < 50
