"""A second hand and other objects survive the file they travel in."""

from pathlib import Path

import numpy as np

from pam_models.pose.trajectory import ObjectMesh, PlacedObject, SecondHand
from tasks.scene import pack_mesh, unpack_mesh, unpack_parts
from tasks.scene_parts import scene_hand, scene_objects
from tests.pam_models.pose.sources.recordings import grasp, mano, write_mano


def test_parts_come_back_and_their_absence_too(tmp_path: Path) -> None:
    """Catches a part that is lost or exchanged, text that needs a pickle, and files that change without parts."""
    truth = grasp(mano(write_mano(tmp_path), "left"), frames=3)
    hand = scene_hand(SecondHand(truth.hand, truth.pose_flat, truth.betas, truth.transl, truth.transl))
    triangle = np.eye(3, dtype=np.float32), np.array([[0, 1, 2]], np.int32)
    others = scene_objects(
        [
            PlacedObject(ObjectMesh(name, name, number, *triangle, ()), truth.object_T.astype(np.float32) * number)
            for number, name in ((3, "cup"), (7, "pan"))
        ]
    )
    data = pack_mesh(*triangle, hand, others)
    found, found_others = unpack_parts(data)
    assert hand is not None and found is not None
    assert (found.side, found.tip_set) == ("left", "smplx-left")
    np.testing.assert_array_equal(found.vertices, hand.vertices)
    np.testing.assert_array_equal(found.joints, hand.joints)
    assert [(one.name, one.class_id) for one in found_others] == [("cup", 3), ("pan", 7)]
    np.testing.assert_array_equal(found_others[1].T_world, truth.object_T.astype(np.float32) * 7)
    np.testing.assert_array_equal(unpack_mesh(data)[0], triangle[0])
    assert unpack_parts(pack_mesh(*triangle)) == (None, ())
    assert scene_hand(None) is None
