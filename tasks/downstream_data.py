"""The two domains of the downstream experiment out of two builds: the renderer's clips, and generated ones."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pam_models.downstream.recipe import DownstreamRecipe
from pam_models.training.clip_import import OfferedClip, import_clips
from pam_models.training.data_recipe import SnapshotData
from pam_models.training.layout import RunLayout
from tasks.build import load_build
from tasks.report.reading import PublishedBuild
from tasks.store import Store
from tasks.training_data import POSE_COLUMNS, block_of, offered_clips, ok_rows

NEVER = 10**6
PREVIEW = ("preview_uri", "preview_sha256", "object_word")


def import_renderer(recipe: DownstreamRecipe, store: str, build: str, layout: RunLayout) -> int:
    """The renderer's own clips of a build's trajectories as blocks, some held out; returns how many there are.

    Raises NotPublishedError or ConfigError where there is no such build, ValueError where no clip can be read.
    """
    data = _data(recipe, store, build, recipe.test_one_in)
    return import_clips(data, layout, _offered_previews(data))


def import_generated(recipe: DownstreamRecipe, store: str, build: str, layout: RunLayout) -> int:
    """A build's generated clips as blocks, none held out; returns how many there are. Raises as `import_renderer`."""
    data = _data(recipe, store, build, NEVER)
    return import_clips(data, layout, offered_clips(data))


def _data(recipe: DownstreamRecipe, store: str, build: str, held_out_one_in: int) -> SnapshotData:
    config = load_build(Store(store), build).config
    return SnapshotData(
        store=store,
        build=build,
        height=config.image.height,
        width=config.image.width,
        frames=config.frames,
        conditions=(),
        held_out_one_in=held_out_one_in,
        pictures_per_clip=recipe.pictures_per_clip,
    )


def _offered_previews(data: SnapshotData) -> Iterator[OfferedClip]:
    published = PublishedBuild(Store(data.store), data.build)
    for trajectory in ok_rows(published, "pose", (*POSE_COLUMNS, *PREVIEW)):
        clip = {
            "video_uri": trajectory["preview_uri"],
            "video_sha256": trajectory["preview_sha256"],
            "prompt": trajectory["object_word"],
        }
        yield OfferedClip(trajectory["item_id"], 0, partial(block_of, published.store, trajectory, clip, ()))
