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


def item_prefix(step: str, step_version: int, subset: Mapping[str, Any]) -> str:
    """What the ids of all items of a step have in common, spelled once: see `item_id_below`."""
    return canonical_json([step, step_version, subset])[:-1]


def item_id_below(prefix: str, parent_id: str, key: str) -> str:
    """`item_id` out of an `item_prefix`, a parent and a key below it."""
    return sha256_hex(f"{prefix},{canonical_json([parent_id, key])[1:]}")[:ITEM_ID_DIGITS]


def item_id(step: str, step_version: int, subset: Mapping[str, Any], parent_id: str, key: str) -> str:
    """Id of one item: step, its version, the configuration that affects it, its parent, and its key below the
    parent.
    """
    return item_id_below(item_prefix(step, step_version, subset), parent_id, key)


def child_id(parent_item_id: str, index: int) -> str:
    """Id of row `index` of an item that yields several rows (the frames of a clip)."""
    return sha256_hex(canonical_json(["row", parent_item_id, index]))[:ITEM_ID_DIGITS]


def derive_seed(root_seed: int, identity: str, purpose: str) -> int:
    """A seed in [0, 2**63) for one purpose of one item; it fits a signed 64-bit column and every generator."""
    digest = hashlib.sha256(canonical_json([root_seed, identity, purpose]).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def part_id(step: str, settings: Any, inputs: Iterable[str], first: int, last: int) -> str:  # noqa: ANN401  any JSON value
    """Id of a build's shard: its step, what affects its items, the parts that they come from, and which they are.

    No item is listed for it: names of parts are hashes of their own items' origin in the same way.
    """
    return sha256_hex(canonical_json([step, settings, list(inputs), first, last]))[:SHARD_ID_DIGITS]


def shard_id(step: str, members: Iterable[tuple[str, int]]) -> str:
    """Id of a shard that is named by its members, each with a number that belongs to it."""
    return sha256_hex(canonical_json([step, [list(member) for member in members]]))[:SHARD_ID_DIGITS]


def retried_shard_id(before: str, item_ids: Iterable[str]) -> str:
    """Id of the shard that takes the place of `before` once these items of it were marked to be tried again."""
    return sha256_hex(canonical_json(["retry", before, sorted(item_ids)]))[:SHARD_ID_DIGITS]


def build_id(output_subset: Mapping[str, Any]) -> str:
    """Id of a build: a hash of the configuration that affects its output."""
    return sha256_hex(canonical_json(output_subset))[:SHARD_ID_DIGITS]
