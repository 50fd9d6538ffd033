"""What the licence tags of a build mean for whoever uses it: any non-commercial part makes the whole non-commercial."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Parts that come from a user's own copy and are non-commercial by their owners' terms (formats.md section 10).
NONCOMMERCIAL_PARTS = frozenset(
    {"graspxl", "mano", "dexycb", "oakink2", "freihand", "wilor", "flux", "svd", "interdyn", "raisim", "cotracker"}
)
NONCOMMERCIAL_WORDS = frozenset({"nc", "noncommercial", "research"})


def is_noncommercial(tag: str) -> bool:
    """Whether a licence tag names non-commercial terms or a part known to be under such terms."""
    words = set(re.split(r"[^a-z0-9]+", tag.lower().replace("non-commercial", "noncommercial")))
    return bool(words & (NONCOMMERCIAL_PARTS | NONCOMMERCIAL_WORDS))


def noncommercial(tags: Iterable[str]) -> tuple[str, ...]:
    """The tags, sorted, that make a build non-commercial."""
    return tuple(sorted(tag for tag in set(tags) if is_noncommercial(tag)))


def licence_sentence(tags: Iterable[str]) -> str:
    """One sentence about the terms of a build with these tags."""
    every = sorted(set(tags))
    if not every:
        return "No row names a licence: find out where its parts come from before sharing this build."
    limiting = noncommercial(every)
    if limiting:
        return (
            f"Non-commercial use only: this build mixes in {', '.join(limiting)}. "
            "Sharing it may need the owners’ consent. "
            f"All licence tags: {', '.join(every)}."
        )
    return f"No non-commercial part is mixed in. Licence tags: {', '.join(every)}."
