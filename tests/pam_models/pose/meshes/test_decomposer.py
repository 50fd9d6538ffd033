"""The process takes a mesh and gives hulls, whatever the library prints."""

import io
import subprocess
import sys

import numpy as np

from tests.pam_models.pose.meshes.meshes_on_disk import BRICK


def test_the_answer_is_npz_alone() -> None:
    """Catches a library's log lines within the answer, and a brick that becomes more than one part."""
    question = io.BytesIO()
    np.savez(question, vertices=BRICK.vertices_m.astype(np.float64), faces=BRICK.faces)
    command = [sys.executable, "-m", "pam_models.pose.meshes.decomposer", "60"]
    answer = subprocess.run(command, input=question.getvalue(), capture_output=True, check=True).stdout
    with np.load(io.BytesIO(answer), allow_pickle=False) as arrays:
        assert arrays["ends"].tolist() == [len(arrays["points"])]
        np.testing.assert_allclose(np.ptp(arrays["points"], axis=0), [0.04, 0.06, 0.1], atol=0.002)
