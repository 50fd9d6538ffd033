"""Each test names the defect that it catches; the pictures of a whole build stand in test_generate."""

from base64 import b64decode
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flows.pictures import first_frames
from tasks.errors import StoreError
from tasks.store import Store


class TablesOfFive:
    """Five candidates, of which all but the second became clips, the last of them failed; rows are counted."""

    def __init__(self, store: Store) -> None:
        self.build = SimpleNamespace(store=store)
        self.pictures = [store.put_media(f"picture {index}".encode(), "png") for index in range(5)]
        self.rows_read = 0

    def finished(self, step: str) -> bool:
        return step == "video"

    def rows(self, step: str, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
        if step == "video":
            for index in (0, 2, 3):
                yield {"candidate_id": f"c{index}", "status": "ok"}
            yield {"candidate_id": "c4", "status": "failed"}
            return
        for index, picture in enumerate(self.pictures):
            self.rows_read += 1
            yield {"item_id": f"c{index}", "image_uri": picture.uri, "image_sha256": picture.sha256}


def test_the_pictures_are_those_of_the_clips(tmp_path: Path) -> None:
    """Catches pictures of candidates that were dropped, or of clips that failed."""
    tables: Any = TablesOfFive(Store(str(tmp_path)))
    shown = [b64decode(picture.partition(",")[2]).decode() for picture in first_frames(tables)]
    assert shown == ["picture 0", "picture 2", "picture 3"]


def test_a_large_build_is_not_read_for_eight_pictures(tmp_path: Path) -> None:
    """Catches a page that reads three million rows."""
    tables: Any = TablesOfFive(Store(str(tmp_path)))
    assert len(list(first_frames(tables, most=1))) == 1
    assert tables.rows_read == 1


def test_an_altered_picture_is_not_shown(tmp_path: Path) -> None:
    """Catches a page that shows what is not in the dataset."""
    tables: Any = TablesOfFive(Store(str(tmp_path)))
    (tmp_path / tables.pictures[0].uri).write_bytes(b"altered")
    with pytest.raises(StoreError, match="was altered"):
        list(first_frames(tables))
