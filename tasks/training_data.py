"""Training data that lie outside of a training run: a build's snapshot in any store, or the user's recordings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import numpy as np

from pam_models.conditions.encodings import encode
from pam_models.training.clip_import import ClipRefused, OfferedClip, import_clips
from pam_models.training.data_recipe import RecordedData, SnapshotData
from pam_models.training.frame_store import RGB, FrameBlock
from pam_models.training.layout import RunLayout
from pam_models.training.recipe import RecipeError, TrainRecipe
from pam_models.training.recorded import offered_recordings
from tasks.errors import PamError
from tasks.media import MediaError, read_frames
from tasks.report.reading import PublishedBuild
from tasks.rows import rows_of
from tasks.scene import unpack_maps
from tasks.stage import Row
from tasks.store import Store

POSE_COLUMNS = ("item_id", "status", "K", "maps_uri", "maps_sha256", "side")
VIDEO_COLUMNS = ("item_id", "status", "trajectory_id", "video_uri", "video_sha256", "prompt")


def import_blocks(recipe: TrainRecipe, layout: RunLayout) -> int:
    """Bring the data of a recipe that does not simulate into a run's layout; returns how many clips there are.

    What is there is not read again. Raises RecipeError in one line where the data cannot be found.
    """
    data = recipe.data
    try:
        if isinstance(data, SnapshotData):
            return import_clips(data, layout, offered_clips(data))
        if isinstance(data, RecordedData):
            return import_clips(data, layout, offered_recordings(data))
    except PamError as error:
        raise RecipeError(f"data: {error}") from error
    raise RecipeError(f"data of kind {data.kind!r} are simulated, not imported")


def offered_clips(recipe: SnapshotData) -> Iterator[OfferedClip]:
    """The clips of a published build, by trajectory. Raises PamError for a build that is absent or unpublished."""
    published = PublishedBuild(Store(recipe.store), recipe.build)
    trajectories = {row["item_id"]: row for row in ok_rows(published, "pose", POSE_COLUMNS)}
    views: dict[str, int] = {}
    for clip in ok_rows(published, "video", VIDEO_COLUMNS):
        key = clip["trajectory_id"]
        view = views.get(key, 0)
        views[key] = view + 1
        yield OfferedClip(key, view, partial(block_of, published.store, trajectories[key], clip, recipe.conditions))


def ok_rows(published: PublishedBuild, step: str, columns: Sequence[str]) -> Iterator[Row]:
    """The rows of a step that came out well. Raises StoreError or TableError for a part that is missing or altered."""
    for table in published.tables(step, columns):
        yield from (row for row in rows_of(table) if row["status"] == "ok")


def block_of(
    store: Store, trajectory: Mapping[str, object], clip: Mapping[str, object], conditions: Sequence[str]
) -> FrameBlock:
    """A clip (its `video_uri`, `video_sha256` and `prompt`) under the conditions and labels of its trajectory.

    Raises ClipRefused for media that are missing, altered or unreadable.
    """
    try:
        frames = read_frames(store.read_media(str(clip["video_uri"]), str(clip["video_sha256"])))
        maps = unpack_maps(store.read_media(str(trajectory["maps_uri"]), str(trajectory["maps_sha256"])))
    except (PamError, MediaError, ValueError) as error:
        raise ClipRefused(str(error)) from error
    count = len(frames)
    pictures = encode(maps, conditions, encoding="pam", side=str(trajectory["side"]))
    return FrameBlock(
        streams=(RGB, *conditions),
        frames=np.stack([frames, *(pictures[name][:count] for name in conditions)]),
        joints_px=maps.joints_px[:count],
        joints_cam_m=maps.joints_cam_m[:count],
        joint_visible=maps.joint_visible[:count],
        K=np.tile(np.asarray(trajectory["K"], np.float32).reshape(3, 3), (count, 1, 1)),
        has_hand=np.ones(count, bool),
        prompts=(str(clip["prompt"]),) * count,
        scenes=(str(trajectory["item_id"]),) * count,
    )
