"""A few first frames of a build for its page in Prefect: the pictures themselves, as a page cannot reach the store."""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from itertools import islice

from tasks.plan import Planner
from tasks.stage import Row

MOST_PICTURES = 4


def first_frames(planner: Planner, most: int = MOST_PICTURES) -> Iterator[str]:
    """First frames of the first clips, as data URIs, in the order of the clips; none before there are clips.

    Raises StoreError when a picture is missing or altered.
    """
    if not planner.finished("video"):
        return
    clips = (row for row in planner.rows("video", ("candidate_id", "status")) if row["status"] == "ok")
    wanted = [row["candidate_id"] for row in islice(clips, most)]
    found = _candidates(planner, set(wanted))
    for candidate in wanted:
        row = found[candidate]
        picture = planner.build.store.read_media(row["image_uri"], row["image_sha256"])
        yield f"data:image/png;base64,{b64encode(picture).decode()}"


def _candidates(planner: Planner, wanted: set[str]) -> Mapping[str, Row]:
    """Rows of these candidates, reading no further than the last of them stands: parts follow the trajectories."""
    found: dict[str, Row] = {}
    for row in planner.rows("appearance", ("item_id", "image_uri", "image_sha256")):
        if row["item_id"] in wanted:
            found[row["item_id"]] = row
        if len(found) == len(wanted):
            break
    return found
