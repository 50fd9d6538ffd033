"""The table of candidates."""

import pytest

from tasks.errors import TableError
from tasks.tables.appearance import APPEARANCE
from tasks.tables.lineage import Lineage
from tasks.tables.parts import write_part
from tests.tasks.tables.conftest import common


def test_an_ok_candidate_has_its_picture(lineage: Lineage) -> None:
    """Catches an ok row that points nowhere."""
    with pytest.raises(TableError, match="status is ok, and image_uri is missing"):
        write_part(APPEARANCE, [common("a", index=0)], lineage)
    failed = common("a", status="failed", error_type="ValueError", error_message="no")
    assert write_part(APPEARANCE, [failed], lineage)
