"""The table of labelled frames."""

import numpy as np
import pytest

from tasks.errors import TableError
from tasks.tables.lineage import Lineage
from tasks.tables.parts import write_part
from tasks.tables.samples import SAMPLES
from tests.tasks.tables.conftest import common


def test_it_holds_what_hand_pose_training_reads() -> None:
    """Catches a label that a training job misses: picture, camera, joints, mesh, parameters, box, side."""
    names = {column.name for column in SAMPLES.columns}
    assert {
        "video_uri",
        "frame",
        "K",
        "xyz",
        "uv",
        "vertices",
        "pose_flat",
        "betas",
        "transl",
        "bbox_xyxy",
        "side",
    } <= names
    assert SAMPLES.rows == "many"


def test_any_number_of_vertices_but_whole_ones(lineage: Lineage) -> None:
    """Catches a mesh that is cut in the middle of a vertex."""
    assert write_part(SAMPLES, [common("a", vertices=np.zeros((778, 3), np.float32))], lineage)
    with pytest.raises(TableError, match="vertices holds 2333 values"):
        write_part(SAMPLES, [common("a", vertices=np.zeros(2333, np.float32))], lineage)
