"""What a snapshot says: the parts of a build that a reader trusts, with hashes and counts (DESIGN section 6)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pam_models.readers.errors import ReadError

SCHEMA_VERSION = "1.0"


@dataclass(frozen=True)
class PartEntry:
    """One part of a snapshot: its key relative to the build, its hash, length, and rows by status."""

    path: str
    sha256: str
    bytes: int
    rows: int
    statuses: Mapping[str, int]


@dataclass(frozen=True)
class Snapshot:
    """A snapshot as it was read: parts by step, in order."""

    build_id: str
    config_sha256: str
    code_version: str
    steps: Mapping[str, tuple[PartEntry, ...]]

    def rows(self, step: str, status: str | None = None) -> int:
        """Number of rows of a step, all of them or those of one status."""
        return sum(part.rows if status is None else part.statuses.get(status, 0) for part in self.steps.get(step, ()))


def check_version(written: str, where: str) -> None:
    """Raises ReadError for a file of a newer major version than this program reads."""
    major = written.partition(".")[0]
    if not major.isdigit() or int(major) > int(SCHEMA_VERSION.partition(".")[0]):
        newer = f"schema version {written} is newer than {SCHEMA_VERSION}, which this program reads"
        raise ReadError(f"{where}: {newer}; update pam")


def parse_snapshot(data: bytes, where: str) -> Snapshot:
    """A snapshot out of its bytes. Raises ReadError when it is damaged or of a newer major version."""
    try:
        plain: dict[str, Any] = json.loads(data)
        version = str(plain["schema_version"])
        int(version.partition(".")[0])
        check_version(version, where)
        steps = {
            name: tuple(
                PartEntry(part["path"], part["sha256"], part["bytes"], part["rows"], part["statuses"])
                for part in step["parts"]
            )
            for name, step in plain["steps"].items()
        }
        return Snapshot(plain["build_id"], plain["config_sha256"], plain["code_version"], steps)
    except ReadError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"is not a snapshot ({type(error).__name__})"
        raise ReadError(f"{where}: {what}; run the build again to write it anew") from error
