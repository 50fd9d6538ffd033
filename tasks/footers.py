"""Footers of committed parts: what a plan needs to know of a part, read from its last kilobytes and kept."""

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.errors import TableError
from tasks.store import Store
from tasks.tables.lineage import place_of
from tasks.tables.parts import read_part
from tasks.tables.summary import COLUMNS, KEY, STATUSES, Summary, summarise, summary_from

GUESS_BYTES = 48 * 1024
TAIL_BYTES = 8
READERS = 16
MAGIC = b"PAR1"


@dataclass(frozen=True)
class Footer:
    """One part: its length, its number of rows, what it says of them, and its place (block, first, last item)."""

    bytes: int
    rows: int
    summary: Summary
    place: tuple[int, int, int]

    @property
    def ok(self) -> int:
        """Number of ok rows."""
        return self.summary.statuses.get("ok", 0)

    @property
    def failed(self) -> int:
        """Number of failed rows."""
        return self.summary.statuses.get("failed", 0)


class Footers:
    """Reads each part's footer once: parts are immutable, and what is kept of one is small. Threads may share it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, Footer] = {}
        self._lock = threading.Lock()

    def of(self, parts: Mapping[str, int]) -> dict[str, Footer]:
        """Footers of parts (key -> length in bytes), in their order.

        Raises StoreError when one is not there and TableError when one is no part of a build.
        """
        with self._lock:
            missing = [key for key in parts if key not in self._known]
        read = (
            [self._read(key, parts[key]) for key in missing] if len(missing) < READERS else self._many(missing, parts)
        )
        with self._lock:
            self._known.update(zip(missing, read, strict=True))
            return {key: self._known[key] for key in parts}

    def _many(self, keys: list[str], parts: Mapping[str, int]) -> list[Footer]:
        with ThreadPoolExecutor(READERS) as readers:
            return list(readers.map(lambda key: self._read(key, parts[key]), keys))

    def _read(self, key: str, size: int) -> Footer:
        end = self._store.read_end(key, GUESS_BYTES, size)
        length = int.from_bytes(end[-TAIL_BYTES:-4], "little") + TAIL_BYTES
        if length > len(end) and length <= size:
            end = self._store.read_end(key, length, size)
        try:
            parsed = pq.read_metadata(pa.BufferReader(MAGIC + end[-length:]))
            stated = {
                name.decode(): text.decode()
                for name, text in (parsed.metadata or {}).items()
                if name != b"ARROW:schema"
            }
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            raise TableError(f"{key}: is not a readable Parquet file ({str(error).splitlines()[0]})") from error
        return Footer(size, parsed.num_rows, self._summary(key, stated), place_of(stated))

    def _summary(self, key: str, stated: Mapping[str, str]) -> Summary:
        if KEY in stated:
            try:
                return summary_from(stated[KEY])
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise TableError(f"{key}: its {KEY} is damaged ({type(error).__name__}); run pam verify") from error
        return summarise(read_part(self._store.read(key), key, COLUMNS).table)


def total_statuses(footers: Iterable[Footer]) -> dict[str, int]:
    """Rows of all these parts together, by status."""
    counts: Counter[str] = Counter()
    for footer in footers:
        counts.update(footer.summary.statuses)
    return {status: counts[status] for status in STATUSES}


def total_reasons(footers: Iterable[Footer]) -> Counter[str]:
    """Why rows of all these parts together are not ok, commonest first when asked."""
    reasons: Counter[str] = Counter()
    for footer in footers:
        reasons.update(footer.summary.reasons)
    return reasons
