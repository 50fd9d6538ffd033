"""The one-liners of the documentation, run as they stand."""

import warnings
from typing import Any

import numpy as np
import pytest

from pam_models.readers import CacheConfig, Pictures, ReadError, part_addresses
from tests.pam_models.readers.small_build import SmallBuild, pixels


def check(batch: Any, count: int) -> None:
    assert len(batch["image"]) == count
    for image, frame, clip in zip(batch["image"], batch["frame"], batch["clip_id"], strict=True):
        shown = pixels(int(str(clip)[4:]), int(frame) + 1)[int(frame)]
        off = np.asarray(image)[20:70, 20:50].mean((0, 1)) - shown[20:70, 20:50].mean((0, 1))
        assert np.abs(off).max() < 2.5


def test_duckdb(build: SmallBuild, cache: CacheConfig) -> None:
    """Catches parts that DuckDB does not read, and pictures out of order after a filter."""
    import duckdb

    parts = duckdb.read_parquet(part_addresses(build.address))
    chosen = parts.filter("status = 'ok' AND mpjpe_mm < 13").order("frame, clip_id, side").limit(10)
    check(Pictures(build.address, cache)(chosen.fetchnumpy()), 10)


def test_hugging_face_datasets(build: SmallBuild, cache: CacheConfig) -> None:
    """Catches parts that `datasets` cannot load, and a transform that it cannot call."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import datasets

        loaded = datasets.load_dataset(
            "parquet", data_files=part_addresses(build.address), split="train", cache_dir=str(cache.folder / "hf")
        )
    rows = loaded.filter(lambda row: row["split"] == "val").with_transform(Pictures(build.address, cache))
    check(rows[2:6], 4)
    assert np.shape(rows[0]["xyz"]) == (63,)


@pytest.mark.slow
def test_ray_data(build: SmallBuild, cache: CacheConfig) -> None:
    """Catches something in `Pictures` that does not travel to Ray's workers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import ray

        begun = not ray.is_initialized()
        if begun:
            ray.init(
                address="local",
                num_cpus=1,
                include_dashboard=False,
                log_to_driver=False,
                object_store_memory=2**28,
            )
        try:
            parts = ray.data.read_parquet(part_addresses(build.address)).filter(lambda row: row["split"] == "val")
            rows = parts.map_batches(Pictures(build.address, cache)).take_all()
        finally:
            if begun:
                ray.shutdown()
    columns = {name: [row[name] for row in rows] for name in ("image", "frame", "clip_id")}
    check(columns, 9)


def test_a_part_is_checked_before_it_is_named(own_build: SmallBuild) -> None:
    """Catches other libraries being handed parts that were altered."""
    own_build.parts()[0].write_bytes(b"PAR1")
    with pytest.raises(ReadError, match="was altered"):
        part_addresses(own_build.address)


def test_what_is_missing_is_named(build: SmallBuild, cache: CacheConfig) -> None:
    """Catches a KeyError deep in a worker, and an empty list of parts."""
    with pytest.raises(ReadError, match="needs the column video_sha256; it has video_uri"):
        Pictures(build.address, cache)({"video_uri": []})
    with pytest.raises(ReadError, match="has no parts of videos; it has pose, samples"):
        part_addresses(build.address, "videos")
