"""Error propagation of a made-up build. Each test names the defect that it catches."""

from pathlib import Path

from tasks.evaluation.settings import settings_of
from tasks.evaluation.shards import Evaluation
from tasks.paper_tables.propagation import COLUMNS, FIRST_FRAME, propagation_claims, propagation_rows
from tests.tasks.report.published import publish


def test_every_cell_has_a_number_or_a_reason(tmp_path: Path) -> None:
    """Catches a correlation of two trajectories that is shown as a number."""
    store, build = publish(tmp_path)
    evaluation = Evaluation(store, build.build_id, settings_of(["flicker"]))
    for shard in evaluation.shards():
        evaluation.measure(shard)
    rows = propagation_rows(evaluation)
    assert rows[-1].name == FIRST_FRAME
    cells = [row.cells[column.key] for row in rows for column in COLUMNS]
    assert all((cell.value is None) == bool(cell.reason) for cell in cells)
    claims = propagation_claims(rows)
    assert len(claims) == 4 and all("pairs" in claim.reason or "know" in claim.reason for claim in claims)
