"""What a part says of itself in its footer: rows by status and reason, bytes of media, kept targets by trajectory.

Planning, progress and restarts read these few numbers of each part, never its rows.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from tasks.ids import canonical_json

KEY = "pam.summary"
STATUSES = ("ok", "filtered", "failed")
REASONS_KEPT = 8
COLUMNS = ("status", "error_type", "error_message")


@dataclass(frozen=True)
class Summary:
    """Counts over the rows of one part.

    `reasons` counts rows that are not ok by their commonest reasons; `kept_by_input` says how many trajectories have
    how many kept targets (select steps only); `media_bytes` adds up the media that the rows name.
    """

    statuses: Mapping[str, int]
    reasons: Mapping[str, int] = field(default_factory=dict)
    kept_by_input: Mapping[int, int] = field(default_factory=dict)
    media_bytes: int = 0

    def text(self) -> str:
        """The summary as it stands in a footer: the same for the same rows."""
        kept = {str(number): count for number, count in self.kept_by_input.items()}
        return canonical_json(
            {
                "statuses": dict(self.statuses),
                "reasons": dict(self.reasons),
                "kept_by_input": kept,
                "media_bytes": self.media_bytes,
            }
        )


def summary_from(text: str) -> Summary:
    """The summary that `Summary.text` wrote. Raises ValueError, KeyError or TypeError for anything else."""
    plain = json.loads(text)
    kept = {int(number): int(count) for number, count in plain["kept_by_input"].items()}
    return Summary(plain["statuses"], plain["reasons"], kept, int(plain["media_bytes"]))


def summarise(table: pa.Table) -> Summary:
    """The summary of a part's rows; `table` has at least the columns `COLUMNS`."""
    counts = {found["values"]: found["counts"] for found in table.column("status").value_counts().to_pylist()}
    statuses = {status: counts.get(status, 0) for status in STATUSES}
    return Summary(statuses, _reasons(table), _kept_by_input(table), _media_bytes(table))


def _reasons(table: pa.Table) -> dict[str, int]:
    wrong = table.filter(pc.not_equal(table.column("status"), "ok"))
    kinds, messages = (wrong.column(name).to_pylist() for name in ("error_type", "error_message"))
    found = Counter(zip(kinds, messages, strict=True))
    ranked = sorted(found.items(), key=lambda reason: (-reason[1], str(reason[0])))
    reasons = Counter({f"{kind}: {message}": count for (kind, message), count in ranked[:REASONS_KEPT]})
    for (kind, _), count in ranked[REASONS_KEPT:]:
        reasons[f"{kind}: other reasons"] += count
    return dict(reasons)


def _kept_by_input(table: pa.Table) -> dict[int, int]:
    if "kept" not in table.column_names:
        return {}
    kept = table.filter(table.column("kept")).column("trajectory_id").value_counts().to_pylist()
    return dict(sorted(Counter(found["counts"] for found in kept).items()))


def _media_bytes(table: pa.Table) -> int:
    columns = [name for name in table.column_names if name.endswith("_bytes")]
    return sum(int(pc.sum(table.column(name)).as_py() or 0) for name in columns)
