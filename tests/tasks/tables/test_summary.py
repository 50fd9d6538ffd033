"""What a part says of itself."""

import pyarrow as pa
import pytest

from tasks.tables.summary import REASONS_KEPT, Summary, summarise, summary_from


def _table(statuses: list[str], reasons: list[str | None], **more: list[object]) -> pa.Table:
    kinds = [None if reason is None else "E" for reason in reasons]
    return pa.table({"status": statuses, "error_type": kinds, "error_message": reasons, **more})


def test_counts_reasons_media_and_what_was_kept() -> None:
    """Catches a plan that rests on other numbers than the rows."""
    table = _table(
        ["ok", "failed", "failed", "filtered"],
        [None, "no hand", "no hand", "missed"],
        image_bytes=[10, None, None, 5],
        kept=[True, False, True, True],
        trajectory_id=["t", "t", "t", "u"],
    )
    found = summarise(table)
    assert found.statuses == {"ok": 1, "filtered": 1, "failed": 2}
    assert found.reasons == {"E: no hand": 2, "E: missed": 1}
    assert found.media_bytes == 15
    assert found.kept_by_input == {1: 1, 2: 1}, "one trajectory keeps two, one keeps one"
    assert summary_from(found.text()) == found and found.text() == summarise(table).text()


def test_a_million_reasons_stay_a_short_footer() -> None:
    """Catches a footer as long as its part: reasons with numbers in them are all different."""
    reasons = [f"{n}.00 mm: too far" for n in range(500)]
    found = summarise(_table(["failed"] * 500, list(reasons)))
    assert len(found.reasons) == REASONS_KEPT + 1
    assert found.reasons["E: other reasons"] == 500 - REASONS_KEPT
    assert sum(found.reasons.values()) == 500


def test_nothing_is_nothing() -> None:
    """Catches an empty part that cannot be read back."""
    empty = summarise(
        _table([], []).cast(pa.schema([(n, pa.string()) for n in ("status", "error_type", "error_message")]))
    )
    assert empty == Summary({"ok": 0, "filtered": 0, "failed": 0})
    with pytest.raises(KeyError):
        summary_from("{}")
