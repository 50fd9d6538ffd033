"""Where a part comes from, as metadata of its schema, and the refusal of parts from a newer major version."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pyarrow as pa

from pam_models.readers.errors import ReadError
from pam_models.readers.manifest import SCHEMA_VERSION, check_version
from tasks.errors import TableError
from tasks.ids import canonical_json, sha256_hex

PREFIX = "pam."
SOURCES = ("tasks", "pam_models")


@lru_cache(maxsize=1)
def code_version() -> str:
    """The package's version and a hash of its sources; the same for a checkout and for what was installed from it."""
    root = Path(__file__).parents[2]
    files = sorted(path for folder in SOURCES for path in (root / folder).rglob("*.py"))
    listing = [[path.relative_to(root).as_posix(), sha256_hex(path.read_bytes())] for path in files]
    try:
        package = version("pam")
    except PackageNotFoundError:
        package = "0"
    return f"{package}+{sha256_hex(canonical_json(listing))[:16]}"


@dataclass(frozen=True)
class Lineage:
    """What a part was made by and from. `config` is what affects the output; `input_parts` maps keys to SHA-256.

    `block` is the group of trajectories that the part belongs to, `first` and `last` the items of it that it holds
    (`last` excluded; for the pose step they count from the build's first trajectory).
    """

    step: str
    step_version: int
    config: Mapping[str, Any]
    root_seed: int
    models: Mapping[str, str] = field(default_factory=dict)
    input_parts: Mapping[str, str] = field(default_factory=dict)
    retries: Mapping[str, int] = field(default_factory=dict)
    block: int = 0
    first: int = 0
    last: int = 0

    def metadata(self, license_tags: Iterable[str]) -> dict[str, str]:
        """The schema metadata of a part whose rows carry these licence tags."""
        config = canonical_json(self.config)
        return {
            "pam.schema_version": SCHEMA_VERSION,
            "pam.step": self.step,
            "pam.step_version": str(self.step_version),
            "pam.config": config,
            "pam.config_sha256": sha256_hex(config),
            "pam.code_version": code_version(),
            "pam.models": canonical_json(self.models),
            "pam.input_parts": canonical_json(self.input_parts),
            "pam.root_seed": str(self.root_seed),
            "pam.licenses": canonical_json(sorted(set(license_tags))),
            "pam.retries": canonical_json(self.retries),
            "pam.place": canonical_json([self.block, self.first, self.last]),
        }


def read_metadata(schema: pa.Schema, where: str) -> dict[str, str]:
    """A part's metadata as text. Raises TableError for a file without it and for a newer major version."""
    found = {
        key.decode(): value.decode()
        for key, value in (schema.metadata or {}).items()
        if key.startswith(PREFIX.encode())
    }
    written = found.get("pam.schema_version")
    if written is None:
        raise TableError(f"{where}: carries no pam.schema_version; it is not a part of a build")
    try:
        check_version(written, where)
    except ReadError as error:
        raise TableError(str(error)) from error
    return found


def retries_of(metadata: Mapping[str, str]) -> dict[str, int]:
    """How often each item of a part was asked to be tried again; items that never were are left out."""
    return {str(item): int(count) for item, count in json.loads(metadata.get("pam.retries", "{}")).items()}


def place_of(metadata: Mapping[str, str]) -> tuple[int, int, int]:
    """A part's block and the range of its items; block 0 and no range where the part does not say."""
    block, first, last = json.loads(metadata.get("pam.place", "[0,0,0]"))
    return int(block), int(first), int(last)
