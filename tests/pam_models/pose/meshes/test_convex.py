"""Parts fill the mesh, are kept by content, and come back the same."""

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import ConvexHull

from pam_models.pose.meshes.convex import ConvexDecomposer, default_cache
from pam_models.pose.physics.shapes import box_mesh, merge
from pam_models.pose.source import BadInput

LETTER_L = merge([box_mesh([0.01, 0.01, 0.05], cells=2), box_mesh([0.03, 0.01, 0.01], [0.04, 0.0, -0.04], cells=2)])


def test_a_bent_mesh_is_split_and_the_answer_is_kept(tmp_path: Path) -> None:
    """Catches a hull over the bend, an answer that is computed again, and one that differs from run to run."""
    decomposer = ConvexDecomposer(tmp_path)
    parts = decomposer.parts(LETTER_L.vertices_m, LETTER_L.faces, "l")
    hulls = [ConvexHull(np.asarray(part.points_m)) for part in parts]
    whole = ConvexHull(LETTER_L.vertices_m).volume
    assert len(parts) > 1 and sum(hull.volume for hull in hulls) < 0.8 * whole
    (kept,) = tmp_path.iterdir()
    first = kept.read_bytes()
    assert decomposer.parts(LETTER_L.vertices_m, LETTER_L.faces, "again") == parts
    kept.write_bytes(first[:100])
    assert decomposer.parts(LETTER_L.vertices_m, LETTER_L.faces, "mended") == parts
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [first]


def test_a_mesh_that_takes_too_long_is_refused(tmp_path: Path) -> None:
    """Catches a build that hangs on one mesh."""
    rng = np.random.default_rng(0)
    spikes = merge([box_mesh([0.002, 0.05, 0.002], rng.uniform(-0.05, 0.05, 3).tolist(), cells=12) for _ in range(30)])
    with pytest.raises(BadInput, match="hedgehog: splitting it into convex parts takes over 1 s of one core"):
        ConvexDecomposer(tmp_path, limit_s=1).parts(spikes.vertices_m, spikes.faces, "hedgehog")


def test_the_cache_follows_the_users_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Catches results that land outside the user's cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache().is_relative_to(tmp_path)
