"""D-Grasp's conventions, by a round trip through its label layout."""

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from pam_models.pose.source import BadInput
from pam_models.pose.sources.dgrasp_labels import read_labels, ycb_prefix
from tests.pam_models.pose.sources.dgrasp_files import label_entry, write_labels


def transform(turn: Rotation, place: list[float]) -> np.ndarray:
    found = np.eye(4)
    found[:3, :3], found[:3, 3] = turn.as_matrix(), place
    return found


WRIST = transform(Rotation.from_rotvec([0.3, -0.8, 0.5]), [0.05, -0.1, 0.07])
OBJECT = transform(Rotation.from_rotvec([1.0, 0.4, -0.6]), [0.4, 0.2, 0.56])
FINGERS = np.random.default_rng(0).normal(0.0, 0.3, 45)


def test_a_label_comes_back_in_canonical_terms(tmp_path: Path) -> None:
    """Catches Euler angles of another order, ring and pinky that stay exchanged, a quaternion read as xyzw, a wrist
    that stays in the world, and J0 added twice.
    """
    file = write_labels(tmp_path / "labels.pkl", {2: label_entry(WRIST, FINGERS, OBJECT, 0.41)})
    labels = read_labels(file)
    assert labels.keys() == [(2, 0)]
    label = labels.label(2, 0)
    np.testing.assert_allclose(label.wrist_m, WRIST[:3, 3], atol=1e-9)
    np.testing.assert_allclose(label.rotation, WRIST[:3, :3], atol=1e-9)
    np.testing.assert_allclose(label.fingers_flat, FINGERS, atol=1e-9)
    rest = Rotation.from_quat(label.rest_quat, scalar_first=True).as_matrix()
    np.testing.assert_allclose(rest, OBJECT[:3, :3], atol=1e-9)
    assert label.mass_kg == pytest.approx(0.41)


def test_ids_are_ycbs(tmp_path: Path) -> None:
    """Catches ids that are shifted by one against YCB's numbers."""
    assert (ycb_prefix(1), ycb_prefix(2), ycb_prefix(21)) == ("002_", "003_", "061_")


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ([], "must hold a dict of YCB ids"),
        ({"2": {}}, "keys must be YCB ids from 1 to 21"),
        ({22: {}}, "keys must be YCB ids from 1 to 21"),
        ({2: {"final_qpos": np.zeros((3, 48))}}, r"final_qpos has the shape \(3, 48\); it must be \(N, 51\)"),
        ({2: [1, 2]}, "must be a dict of arrays"),
        (
            {2: {"final_qpos": np.zeros((3, 51)), "final_obj_pos": np.ones((2, 7)), "obj_pose_reset": np.ones((3, 7))}},
            "equally many rows",
        ),
    ],
)
def test_bad_files_are_one_line(tmp_path: Path, content: object, line: str) -> None:
    """Catches files that fail far from where they are read."""
    with pytest.raises(BadInput, match=line):
        read_labels(write_labels(tmp_path / "labels.pkl", content))


def test_bad_labels_are_one_line(tmp_path: Path) -> None:
    """Catches nan in the simulation and a quaternion of zeros."""
    entry = label_entry(WRIST, FINGERS, OBJECT)
    broken = {2: {**entry, "final_qpos": entry["final_qpos"] * np.nan}, 3: {**entry, "final_obj_pos": np.zeros((1, 7))}}
    labels = read_labels(write_labels(tmp_path / "labels.pkl", broken))
    for ycb, line in ((2, "not finite"), (3, "quaternion"), (4, "no label 0 of YCB object 4")):
        with pytest.raises(BadInput, match=line):
            labels.label(ycb, 0)
    with pytest.raises(BadInput, match="cannot be read"):
        read_labels(tmp_path / "gone.pkl")
