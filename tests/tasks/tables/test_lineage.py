"""Where a part comes from."""

import json

import pyarrow as pa
import pytest

from tasks.errors import TableError
from tasks.tables import lineage as lineage_module
from tasks.tables.lineage import SCHEMA_VERSION, Lineage, code_version, read_metadata, retries_of


def test_metadata_holds_configuration_code_models_inputs_seed_and_licences() -> None:
    """Catches a part that cannot say what made it."""
    made = Lineage("video", 3, {"seed": 5}, 5, {"m": "rev"}, {"manifests/pose/a.parquet": "ff"}, {"item": 2})
    found = made.metadata(["MIT", "MIT", "Apache-2.0"])
    assert found["pam.step"] == "video" and found["pam.step_version"] == "3" and found["pam.root_seed"] == "5"
    assert json.loads(found["pam.config"]) == {"seed": 5} and len(found["pam.config_sha256"]) == 64
    assert json.loads(found["pam.models"]) == {"m": "rev"}
    assert json.loads(found["pam.input_parts"]) == {"manifests/pose/a.parquet": "ff"}
    assert json.loads(found["pam.licenses"]) == ["Apache-2.0", "MIT"]
    assert found["pam.code_version"] == code_version() and retries_of(found) == {"item": 2}


def test_code_version_changes_with_the_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches parts of different code that claim to be of the same."""
    before = code_version()
    monkeypatch.setattr(lineage_module, "SOURCES", ("tasks",))
    code_version.cache_clear()
    try:
        assert code_version() != before
    finally:
        code_version.cache_clear()
    assert before.partition("+")[2].isalnum()


@pytest.mark.parametrize("version", ["2.0", "10.1", "x"])
def test_a_newer_major_version_is_refused(version: str) -> None:
    """Catches columns of tomorrow read with the meaning of today."""
    schema = pa.schema([], metadata={"pam.schema_version": version})
    with pytest.raises(TableError, match=f"schema version {version} is newer than {SCHEMA_VERSION}"):
        read_metadata(schema, "part")


def test_a_newer_minor_version_is_read_and_a_stranger_refused() -> None:
    """Catches refusing what only has more columns, and reading what is no part at all."""
    assert read_metadata(pa.schema([], metadata={"pam.schema_version": "1.9"}), "part")
    with pytest.raises(TableError, match="is not a part of a build"):
        read_metadata(pa.schema([]), "part")
