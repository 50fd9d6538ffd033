"""What a snapshot says."""

import json

import pytest

from pam_models.readers.errors import ReadError
from pam_models.readers.manifest import parse_snapshot

PART = {"path": "manifests/samples/a.parquet", "sha256": "0", "bytes": 3, "rows": 7, "statuses": {"ok": 5, "failed": 2}}
PLAIN = {
    "schema_version": "1.4", "build_id": "b", "config_sha256": "c", "code_version": "d",
    "steps": {"samples": {"parts": [PART, PART]}},
}  # fmt: skip


def test_counts() -> None:
    """Catches rows of a status counted once for all parts."""
    snapshot = parse_snapshot(json.dumps(PLAIN).encode(), "here")
    assert (snapshot.rows("samples"), snapshot.rows("samples", "ok"), snapshot.rows("pose")) == (14, 10, 0)


@pytest.mark.parametrize("version", ["2.0", "10.1"])
def test_a_newer_major_version_is_refused(version: str) -> None:
    """Catches a comparison of texts, and a newer form read as a damaged one."""
    with pytest.raises(ReadError, match=f"here: schema version {version} is newer"):
        parse_snapshot(json.dumps({"schema_version": version}).encode(), "here")


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", json.dumps({**PLAIN, "steps": 3}).encode()])
def test_damage_is_one_line(data: bytes) -> None:
    """Catches a KeyError in place of what to do."""
    with pytest.raises(ReadError, match=r"is not a snapshot .* run the build again"):
        parse_snapshot(data, "here")
