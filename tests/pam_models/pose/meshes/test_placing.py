"""Units and axes are what is stated, and what cannot be meant is refused with the option to set."""

import numpy as np
import pytest

from pam_models.pose.meshes.placing import MeshPlacing, Units, UpAxis
from pam_models.pose.meshes.reading import FileMesh
from pam_models.pose.source import BadInput
from tests.pam_models.pose.meshes.meshes_on_disk import BRICK


def brick(factor: float) -> FileMesh:
    return FileMesh(BRICK.vertices_m.astype(np.float64) * factor + 5.0, BRICK.faces, False)


@pytest.mark.parametrize(("units", "factor"), [("m", 1.0), ("cm", 100.0), ("mm", 1000.0), ("in", 1 / 0.0254)])
def test_units_are_applied_and_the_box_is_centred(units: Units, factor: float) -> None:
    """Catches a factor that is inverted, and an origin that stays where the file has it."""
    placed, note = MeshPlacing(units, "z").place(brick(factor), "brick.obj")
    np.testing.assert_allclose(np.ptp(placed, axis=0), [0.04, 0.06, 0.1], rtol=1e-5)
    np.testing.assert_allclose(placed.min(0) + placed.max(0), 0.0, atol=1e-6)
    assert f"{units} to m" in note and "brick.obj" in note


@pytest.mark.parametrize("up", ["x", "y", "z", "-x", "-y", "-z"])
def test_up_is_turned_to_z_without_mirroring(up: UpAxis) -> None:
    """Catches an axis that goes the wrong way and a handedness that flips."""
    axis, sign = "xyz".index(up[-1]), -1.0 if up.startswith("-") else 1.0
    vertices = np.concatenate([np.eye(3) * 0.05, [[0.0, 0.0, 0.0]]])
    mesh = FileMesh(vertices, np.array([[0, 1, 2], [0, 2, 3], [0, 3, 1], [1, 3, 2]], np.int32), False)
    placed, _ = MeshPlacing("m", up, as_filed=True).place(mesh, "corner")
    assert placed[axis, 2] == pytest.approx(sign * 0.05)
    assert np.linalg.det(placed[:3] - placed[3]) > 0


@pytest.mark.parametrize(
    ("factor", "line"),
    [
        (
            1000.0,
            "100 m with units m; things to grasp have 0.01 to 1.0 m: set units to mm if that is what the file is in",
        ),
        (0.01, "0.001 m with units m; things to grasp have 0.01 to 1.0 m: set scale_to_m"),
    ],
)
def test_a_size_that_cannot_be_meant_names_the_option(factor: float, line: str) -> None:
    """Catches millimetres taken for metres, and a guess instead of a question."""
    with pytest.raises(BadInput, match="brick") as caught:
        MeshPlacing("m", "z").place(brick(factor), "brick.obj")
    assert line in str(caught.value)


def test_scaling_happens_only_when_asked_for() -> None:
    """Catches a size that is changed silently, and a scale along one axis only."""
    placed, note = MeshPlacing("m", "z", scale_to_m=0.2).place(brick(1000.0), "brick.obj")
    np.testing.assert_allclose(np.ptp(placed, axis=0), [0.08, 0.12, 0.2], rtol=1e-5)
    assert "scaled by" in note


def test_a_sheet_is_no_solid() -> None:
    """Catches a plane that would have no inside to hold."""
    flat = FileMesh(brick(1.0).vertices * np.array([1.0, 1.0, 0.0]), BRICK.faces, False)
    with pytest.raises(BadInput, match="is flat"):
        MeshPlacing("m", "z").place(flat, "sheet")


def test_unknown_choices_are_refused() -> None:
    """Catches a unit that nobody knows being taken for metres."""
    with pytest.raises(ValueError, match="units must be one of"):
        MeshPlacing("yard", "z")  # type: ignore[arg-type]
