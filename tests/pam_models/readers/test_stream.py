"""The iterable dataset: the same rows as the map-style one, shared, shuffled and batched."""

from collections import Counter
from multiprocessing.context import ForkServerContext
from typing import Any

import numpy as np
import pytest
from torch.utils.data import DataLoader

from pam_models.readers import CacheConfig, FrameDataset, FrameStream, ReadConfig, ReadError, Selection
from tests.pam_models.readers.small_build import SmallBuild

Key = tuple[str, int, bool]


def key(row: dict[str, Any]) -> Key:
    return row["clip_id"], int(row["frame"]), bool(row["is_right"])


def test_in_order_it_equals_the_map_style_dataset(build: SmallBuild, cache: CacheConfig) -> None:
    """Catches rows lost between clips, and a picture that differs from the one random access gives."""
    config = ReadConfig(vertices="computed", cache=cache)
    dataset = FrameDataset(build.address, ReadConfig(vertices="computed", cache=CacheConfig(cache.folder, 0, 0)))
    rows = list(FrameStream(build.address, config, seed=None))
    assert [key(row) for row in rows] == [key(dataset[number]) for number in range(len(dataset))]
    for number in range(0, len(rows), 7):
        for name, value in dataset[number].items():
            np.testing.assert_array_equal(rows[number][name], value, name)


@pytest.mark.parametrize("workers", [0, 1])
def test_clips_are_decoded_once_and_kept_when_read_again(
    own_build: SmallBuild, cache: CacheConfig, fresh: ForkServerContext, workers: int
) -> None:
    """Catches a decoding for each frame, later epochs that decode what is kept, and a disk filled by one pass."""
    stream = FrameStream(own_build.address, ReadConfig(cache=cache), seed=3, batch_size=16)
    loader = loading(stream, fresh, workers)
    kept = cache.folder / "decoded"
    first = {one: image for batch in loader for one, image in pictures(batch)}
    assert not kept.exists()
    assert len(first) == len(own_build.rows)
    list(loader)
    clips = {row["video_uri"] for row in own_build.rows}
    assert len(list(kept.glob("*.i420"))) == len(clips)
    for uri in clips:
        (own_build.store / uri).unlink()
    third = {one: image for batch in loader for one, image in pictures(batch)}
    assert all(bool((first[one] == third[one]).all()) for one in first)


def loading(stream: FrameStream, fresh: ForkServerContext, workers: int, **options: bool) -> DataLoader[dict[str, Any]]:
    context = fresh if workers else None
    return DataLoader(stream, batch_size=None, num_workers=workers, multiprocessing_context=context, **options)


def pictures(batch: dict[str, Any]) -> list[tuple[Key, Any]]:
    keys = zip(batch["clip_id"], batch["frame"].tolist(), batch["is_right"].tolist(), strict=True)
    return list(zip(keys, batch["image"], strict=True))


def test_epochs_differ_and_repeat(build: SmallBuild, cache: CacheConfig) -> None:
    """Catches an order that ignores seed or epoch, or depends on anything else; and rows lost in shuffling."""

    def order(seed: int, epoch: int) -> list[Key]:
        stream = FrameStream(build.address, ReadConfig(pictures=False, cache=cache), seed=seed, mix_clips=3)
        stream.set_epoch(epoch)
        return [key(row) for row in stream]

    orders = {(seed, epoch): order(seed, epoch) for seed in (0, 1) for epoch in (0, 1)}
    assert len({tuple(one) for one in orders.values()}) == 4
    assert order(1, 1) == orders[1, 1]
    assert len({tuple(sorted(one)) for one in orders.values()}) == 1
    clips = [one[0] for one in orders[0, 0][:12]]
    assert len(set(clips)) > 1


@pytest.mark.parametrize("workers", [0, 2])
def test_ranks_and_workers_share_the_rows(
    build: SmallBuild, cache: CacheConfig, fresh: ForkServerContext, workers: int
) -> None:
    """Catches rows that two ranks or two workers read, and rows that nobody reads."""
    seen: Counter[Key] = Counter()
    for rank in range(2):
        stream = FrameStream(build.address, ReadConfig(pictures=False, cache=cache), rank=rank, ranks=2, batch_size=4)
        for batch in loading(stream, fresh, workers):
            seen.update(zip(batch["clip_id"], batch["frame"].tolist(), batch["is_right"].tolist(), strict=True))
    assert set(seen.values()) == {1}
    assert len(seen) == len(build.rows)


def test_even_ranks_have_equal_numbers_of_rows(build: SmallBuild, cache: CacheConfig) -> None:
    """Catches a rank that waits for ever for the others."""

    def counts(even: bool) -> list[int]:
        config = ReadConfig(pictures=False, cache=cache)
        streams = [FrameStream(build.address, config, even=even, rank=rank, ranks=2) for rank in range(2)]
        return [sum(1 for _ in stream) for stream in streams]

    assert len(set(counts(even=False))) == 2
    assert len(set(counts(even=True))) == 1


def test_a_living_worker_hears_of_the_next_epoch(
    build: SmallBuild, cache: CacheConfig, fresh: ForkServerContext
) -> None:
    """Catches persistent workers that repeat their first epoch for ever."""
    stream = FrameStream(build.address, ReadConfig(pictures=False, cache=cache), batch_size=8)
    loader = loading(stream, fresh, 1, persistent_workers=True)
    first = [batch["frame"].tolist() for batch in loader]
    stream.set_epoch(1)
    second = [batch["frame"].tolist() for batch in loader]
    assert first != second


def test_batches_are_tensors(build: SmallBuild, cache: CacheConfig) -> None:
    """Catches stacked objects, and a short last batch that is lost."""
    stream = FrameStream(build.address, ReadConfig(Selection(split="val"), cache=cache), batch_size=4)
    batches = list(stream)
    assert [len(batch["frame"]) for batch in batches] == [4, 4, 1]
    assert batches[0]["image"].dtype.is_floating_point is False
    assert tuple(batches[0]["image"].shape) == (4, 96, 144, 3)
    assert batches[0]["clip_id"] == ["clip3"] * 4


def test_a_bad_clip_stops_the_epoch(own_build: SmallBuild, cache: CacheConfig) -> None:
    """Catches a clip that is skipped in silence."""
    (own_build.store / own_build.rows[-1]["video_uri"]).write_bytes(b"no clip")
    with pytest.raises(ReadError, match="was altered"):
        list(FrameStream(own_build.address, ReadConfig(cache=cache)))


@pytest.mark.parametrize("wrong", [{"mix_clips": 0}, {"batch_size": 0}, {"threads": 0}, {"rank": 2, "ranks": 2}])
def test_wrong_numbers_are_refused(build: SmallBuild, cache: CacheConfig, wrong: dict[str, int]) -> None:
    """Catches an iteration that never ends or yields nothing."""
    with pytest.raises(ValueError, match=r"at least 1|no such reader"):
        FrameStream(build.address, ReadConfig(cache=cache), **wrong)  # type: ignore[arg-type]
