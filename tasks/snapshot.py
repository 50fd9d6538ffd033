"""The snapshot: the list of parts that readers trust, with hashes and counts. The same build gives the same bytes."""

import json

from pam_models.readers.errors import ReadError
from pam_models.readers.manifest import SCHEMA_VERSION, PartEntry, Snapshot, parse_snapshot
from tasks.build import Build
from tasks.errors import TableError
from tasks.ids import canonical_json, sha256_hex
from tasks.plan import Planner
from tasks.steps import steps_of
from tasks.store import Store
from tasks.tables.lineage import code_version

NAME = "snapshot.json"

__all__ = ["NAME", "PartEntry", "Snapshot", "read_snapshot", "write_snapshot"]


def write_snapshot(build: Build, planner: Planner) -> Snapshot:
    """Writes the snapshot of a finished build. Raises PlanError when a step is unfinished."""
    steps: dict[str, tuple[PartEntry, ...]] = {}
    for step in steps_of(build.config):
        entries = []
        for key, footer in planner.footers_of(step.name, planner.parts(step.name)).items():
            digest = sha256_hex(build.store.read(key))
            path, statuses = key.removeprefix(build.key("")), dict(footer.summary.statuses)
            entries.append(PartEntry(path, digest, footer.bytes, footer.rows, statuses))
        steps[step.name] = tuple(entries)
    snapshot = Snapshot(build.build_id, sha256_hex(canonical_json(build.subset)), code_version(), steps)
    build.store.replace(build.key(NAME), encode_snapshot(snapshot))
    return snapshot


def encode_snapshot(snapshot: Snapshot) -> bytes:
    """The one spelling of a snapshot."""
    plain = {
        "schema_version": SCHEMA_VERSION,
        "build_id": snapshot.build_id,
        "config_sha256": snapshot.config_sha256,
        "code_version": snapshot.code_version,
        "steps": {
            name: {
                "rows": snapshot.rows(name),
                "statuses": {status: snapshot.rows(name, status) for status in ("ok", "filtered", "failed")},
                "parts": [
                    {
                        "path": part.path,
                        "sha256": part.sha256,
                        "bytes": part.bytes,
                        "rows": part.rows,
                        "statuses": dict(part.statuses),
                    }
                    for part in parts
                ],
            }
            for name, parts in snapshot.steps.items()
        },
    }
    return (json.dumps(plain, indent=1, ensure_ascii=False) + "\n").encode()


def read_snapshot(store: Store, build_id: str) -> Snapshot | None:
    """The snapshot of a build, None where it has none yet. Raises TableError when it is damaged or of a newer major
    version.
    """
    key = f"builds/{build_id}/{NAME}"
    data = store.find(key)
    if data is None:
        return None
    try:
        return parse_snapshot(data, key)
    except ReadError as error:
        raise TableError(str(error)) from error
