"""What the licence tags of a build mean for whoever uses it: any non-commercial part makes the whole non-commercial.

A tag is a licence (`Apache-2.0`) or a part and its licence (`graspxl:CC-BY-NC-4.0`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tasks.tables.licenses import LICENSES

NONCOMMERCIAL_WORDS = frozenset({"nc", "noncommercial", "research"})


def is_permissive(tag: str) -> bool:
    """Whether the tag's licence is known to allow commercial use."""
    known = LICENSES.get(tag.rsplit(":", 1)[-1])
    return known is not None and known.commercial


def is_noncommercial(tag: str) -> bool:
    """Whether the tag names terms that forbid commercial use."""
    known = LICENSES.get(tag.rsplit(":", 1)[-1])
    words = set(re.split(r"[^a-z0-9]+", tag.lower().replace("non-commercial", "noncommercial")))
    return bool(words & NONCOMMERCIAL_WORDS) or (known is not None and not known.commercial)


def noncommercial(tags: Iterable[str]) -> tuple[str, ...]:
    """The tags, sorted, that make a build non-commercial."""
    return tuple(sorted(tag for tag in set(tags) if is_noncommercial(tag)))


def unclear(tags: Iterable[str]) -> tuple[str, ...]:
    """The tags, sorted, whose terms this project does not know."""
    return tuple(sorted(tag for tag in set(tags) if not is_noncommercial(tag) and not is_permissive(tag)))


def licence_sentences(tags: Iterable[str]) -> str:
    """The terms of a build with these tags, in one to three sentences."""
    every = sorted(set(tags))
    if not every:
        return "No row names a licence: find out where its parts come from before sharing this build."
    limiting, unknown = noncommercial(every), unclear(every)
    said = []
    if limiting:
        said.append(
            f"Non-commercial use only: this build mixes in {', '.join(limiting)}. "
            "Sharing it may need the owners’ consent."
        )
    if unknown:
        said.append(f"Terms to be checked by whoever made this build: {', '.join(unknown)}.")
    if not said:
        said.append("No non-commercial part is mixed in.")
    return f"{' '.join(said)} All licence tags: {', '.join(every)}."
