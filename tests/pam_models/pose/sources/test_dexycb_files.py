"""Single files of DexYCB."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from pam_models.pose.source import BadInput
from pam_models.pose.sources.dexycb_files import read_betas, read_depth_m, read_intrinsics, read_labels, read_meta


def test_depth_is_millimetres(tmp_path: Path) -> None:
    """Catches metres taken for millimetres, and eight-bit pictures read as depth."""
    file = tmp_path / "aligned_depth_to_color_000000.png"
    cv2.imwrite(str(file), np.full((480, 640), 1234, np.uint16))
    np.testing.assert_allclose(read_depth_m(file), 1.234)
    cv2.imwrite(str(file), np.zeros((480, 640), np.uint8))
    with pytest.raises(BadInput, match="16-bit millimetres"):
        read_depth_m(file)


def test_missing_joints_are_none(tmp_path: Path) -> None:
    """Catches the marker -1 taken for a joint a metre behind the camera."""
    file = tmp_path / "labels_000000.npz"
    np.savez(file, seg=np.zeros((480, 640), np.uint8), joint_3d=np.full((1, 21, 3), -1, np.float32))
    assert read_labels(file).joints_m is None
    np.savez(file, seg=np.zeros((480, 640), np.uint8), joint_3d=np.full((1, 21, 3), 0.5, np.float32))
    assert read_labels(file).joints_m is not None
    np.savez(file, seg=np.zeros((2, 2), np.uint8), joint_3d=np.zeros((1, 21, 3), np.float32))
    with pytest.raises(BadInput, match=r"seg is uint8 \(2, 2\)"):
        read_labels(file)


def test_a_pickle_in_an_npz_is_refused(tmp_path: Path) -> None:
    """Catches code in a label file."""
    file = tmp_path / "labels_000000.npz"
    np.savez(file, joint_3d=np.array([{"a": 1}], dtype=object))
    with pytest.raises(BadInput, match=r"is not an \.npz of plain arrays"):
        read_labels(file)


@pytest.mark.parametrize(
    ("text", "line"),
    [("a: [", "is not YAML"), ("- 1", "holds a list"), ("!!python/name:os.system", "is not YAML")],
)
def test_yaml_that_is_none(tmp_path: Path, text: str, line: str) -> None:
    """Catches a traceback out of the parser, and tags that make objects."""
    (tmp_path / "meta.yml").write_text(text)
    with pytest.raises(BadInput, match=line):
        read_meta(tmp_path)


def test_calibrations_are_checked(tmp_path: Path) -> None:
    """Catches a focal length of 0, betas that are no ten numbers, and files that are not there."""
    with pytest.raises(BadInput, match="cannot be read"):
        read_betas(tmp_path, "x")
    for folder, name in (("mano_x", "mano.yml"), ("intrinsics", "1_640x480.yml")):
        (tmp_path / "calibration" / folder).mkdir(parents=True)
        (tmp_path / "calibration" / folder / name).write_text(
            "betas: [1, 2]\ncolor: {fx: 0, fy: 600.0, ppx: 320, ppy: 240}\n"
        )
    with pytest.raises(BadInput, match="10 finite numbers"):
        read_betas(tmp_path, "x")
    with pytest.raises(BadInput, match="must be above 0"):
        read_intrinsics(tmp_path, "1")
