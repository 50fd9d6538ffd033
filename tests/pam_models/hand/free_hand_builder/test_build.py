import numpy as np
import pytest

from pam_models.hand.free_hand import FREE_HAND_FILE
from pam_models.hand.free_hand_builder.build import build_arrays, vertex_normals


@pytest.mark.slow
def test_code_and_committed_file_agree() -> None:
    """Catches a builder that no longer makes the hand on which weights were trained."""
    built = build_arrays()
    with np.load(FREE_HAND_FILE, allow_pickle=False) as stored:
        assert set(stored.files) == set(built)
        for name in stored.files:
            np.testing.assert_allclose(built[name], stored[name], atol=2e-5, err_msg=name)


def test_normals_point_outward() -> None:
    """Catches a wrong winding in the normals."""
    tetrahedron = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
    faces = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]])
    normals = vertex_normals(tetrahedron, faces)
    assert ((tetrahedron - tetrahedron.mean(0)) * normals).sum(1).min() > 0
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1.0)
