"""Estimates against what is known. Each test says which defect it would catch."""

import numpy as np
import pytest

from tasks.build import Build
from tasks.evaluation.clips import Trajectories
from tasks.evaluation.estimates import joint_measures, vertex_measures
from tasks.evaluation.truth import truth_of
from tasks.report.reading import PublishedBuild
from tasks.store import Store


def test_the_truth_itself_has_no_error(made_up: tuple[Store, Build]) -> None:
    """Catches measures of another frame's joints, and vertices that are not wrist-aligned."""
    store, build = made_up
    row = Trajectories(PublishedBuild(store, build.build_id)).rows(["pose0"])["pose0"]
    truth = truth_of(store, row)
    vertices = truth.joints_m.repeat(3, axis=1)
    shift = np.float32([0.1, -0.2, 0.3])
    estimate = {"joints_m": truth.joints_m + shift, "joints_px": truth.joints_px, "vertices_m": vertices + shift}
    found = {name: measure() for name, measure in joint_measures(estimate, truth, 15.0).items()}
    # Rounding to float32 puts errors above the threshold of 0 mm, which is half a step of a hundred.
    assert found.pop("auc") == pytest.approx(1.0, abs=0.5 / 99 + 1e-6)
    assert found.pop("jerk_ratio") == pytest.approx(1.0, abs=0.01)
    assert max(found.values()) < 0.01
    meshes = {name: measure() for name, measure in vertex_measures(estimate, truth, lambda: vertices).items()}
    assert meshes["pve_mm"] < 1e-3 and meshes["pa_pve_mm"] < 1e-3 and meshes["f5"] == meshes["f15"] == 1.0


def test_without_vertices_there_is_a_reason(made_up: tuple[Store, Build]) -> None:
    """Catches zeros in place of a mesh."""
    store, build = made_up
    row = Trajectories(PublishedBuild(store, build.build_id)).rows(["pose0"])["pose0"]
    measures = vertex_measures(
        {"joints_m": np.zeros((9, 21, 3), np.float32)}, truth_of(store, row), lambda: np.zeros(0)
    )
    for measure in measures.values():
        with pytest.raises(ValueError, match="no vertices"):
            measure()
