"""Every table by name."""

from tasks.steps import STEPS
from tasks.tables.registry import TABLES


def test_each_step_has_a_table_and_each_table_a_step() -> None:
    """Catches a step that cannot write and a table that nobody writes."""
    assert set(TABLES) == {step.name for step in STEPS}


def test_no_column_stands_twice_or_shadows_a_common_one() -> None:
    """Catches two columns of one name, which Parquet readers resolve differently."""
    for table in TABLES.values():
        names = table.schema.names
        assert len(set(names)) == len(names), table.name


def test_media_of_a_table_are_columns_of_it() -> None:
    """Catches a medium that verification would look for in vain."""
    for table in TABLES.values():
        for what in table.media:
            assert {f"{what}_uri", f"{what}_sha256", f"{what}_bytes"} <= set(table.schema.names)
