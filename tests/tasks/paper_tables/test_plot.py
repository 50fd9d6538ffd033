"""The picture of a table. Each test names the defect that it catches."""

from dataclasses import replace

from pam_models.media import read_image
from tasks.paper_tables.plot import table_png
from tests.tasks.paper_tables.test_writing import made_up_table


def test_a_table_without_reported_numbers_has_no_empty_panels() -> None:
    """Catches a row of panels that says 'not reported' everywhere."""
    table = made_up_table()
    bare = tuple(
        replace(row, cells={key: replace(cell, paper=None) for key, cell in row.cells.items()}) for row in table.rows
    )
    with_paper, without = (read_image(table_png(one)) for one in (table, replace(table, rows=bare)))
    assert abs(without.shape[0] * 2 - with_paper.shape[0]) <= 2 and without.std() > 5
