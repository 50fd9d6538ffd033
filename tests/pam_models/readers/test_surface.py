"""Surfaces of right and left hands of one clip."""

import numpy as np
import pytest

from pam_models.readers.cache import CacheConfig
from pam_models.readers.errors import ReadError
from pam_models.readers.index import open_index
from pam_models.readers.selection import Selection
from pam_models.readers.surface import Surfaces
from tests.pam_models.readers.small_build import SmallBuild


def test_each_row_has_its_own_side(build: SmallBuild, cache: CacheConfig) -> None:
    """Catches the right hand's skin on the left hand's bones."""
    index = open_index(build.address, Selection(clips=("clip2",)), cache.folder, vertices=True)
    rows = index.rows_of(0)
    labels, is_right = index.labels(rows, 0), index.row_is_right[rows]
    skinned = Surfaces().vertices(labels, is_right, index.clip(0).facts)
    np.testing.assert_allclose(skinned, index.stored_vertices(rows, 0), atol=1e-6)
    with pytest.raises(ReadError, match="mm off the labels"):
        Surfaces().vertices(labels, ~is_right, index.clip(0).facts)
