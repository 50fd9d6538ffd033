"""Ids and seeds: hashes of what determines the content, never a clock, a counter or a random draw."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any

ITEM_ID_DIGITS = 20
SHARD_ID_DIGITS = 16


def _plain(value: object) -> object:
    if isinstance(value, PurePath):
        return value.as_posix()
    raise TypeError(f"canonical JSON takes plain values only, not {type(value).__name__}")


def canonical_json(value: Any) -> str:  # noqa: ANN401  any JSON value
    """One spelling for one value: sorted keys, no spaces, no NaN. Raises TypeError or ValueError for anything else."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_plain)


def sha256_hex(data: bytes | str) -> str:
    """The 64 hexadecimal digits of SHA-256 (text is hashed as UTF-8)."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def item_id(step: str, step_version: int, subset: Mapping[str, Any], parent_id: str, key: str) -> str:
    """Id of one item: step, its version, the configuration that affects it, its parent, and its key below the
    parent.
    """
    return sha256_hex(canonical_json([step, step_version, subset, parent_id, key]))[:ITEM_ID_DIGITS]


def child_id(parent_item_id: str, index: int) -> str:
    """Id of row `index` of an item that yields several rows (the frames of a clip)."""
    return sha256_hex(canonical_json(["row", parent_item_id, index]))[:ITEM_ID_DIGITS]


def derive_seed(root_seed: int, identity: str, purpose: str) -> int:
    """A seed in [0, 2**63) for one purpose of one item; it fits a signed 64-bit column and every generator."""
    digest = hashlib.sha256(canonical_json([root_seed, identity, purpose]).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def shard_id(step: str, members: Iterable[tuple[str, int]]) -> str:
    """Id of a shard: its step and its items, each with the number of times it was asked to be tried again."""
    return sha256_hex(canonical_json([step, [list(member) for member in members]]))[:SHARD_ID_DIGITS]


def build_id(output_subset: Mapping[str, Any]) -> str:
    """Id of a build: a hash of the configuration that affects its output."""
    return sha256_hex(canonical_json(output_subset))[:SHARD_ID_DIGITS]
