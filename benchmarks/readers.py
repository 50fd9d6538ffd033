"""How fast a training job gets labelled frames: this project's dataset against per-file jpg + json, and webdataset.

    python benchmarks/readers.py --clips 200 --width 256 --height 256

A build is made with the project's own writers (H.264 clips, Parquet parts, snapshot). The same frames are written as
SimpleHand's layout (X.jpg at quality 95, X.json with xyz, uv, K and 778 vertices, read as its dataset reads them) and
as webdataset tars. Every reader gives uint8 pictures and the same label arrays from the page cache: one by one in one
process, then in batches through a DataLoader, without workers and with --workers of them, ours shuffled, the others in
order. Our first pass has empty caches and decodes the clips, the second keeps what it decodes, later ones read what was
kept. Of each the best of --passes counts, our first ones each with a new cache and new workers. Beside the rate stands
the processor time of a frame, all processes together, which says more on a machine that others use too.

Goals for every pass: 3 times the per-file layout, at least webdataset; memory flat over an epoch (64 MiB).
"""

import argparse
import gc
import json
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psutil
import webdataset
from reader_build import FRAMES, make_build
from torch.utils.data import DataLoader, Dataset

from pam_models.media import encode_jpeg
from pam_models.readers import CacheConfig, FrameStream, ReadConfig
from pam_models.readers.export.tar_shards import tar_bytes

FLAT_MIB = 64.0
LABELS = ("xyz", "uv", "K", "vertices")
FRAMES_PER_TAR = 1000


class OfficialFiles(Dataset[dict[str, Any]]):
    """What SimpleHand's dataset does with each path of its list: read the picture, and the sidecar beside it."""

    def __init__(self, listing: Path) -> None:
        self.paths: list[str] = json.loads(listing.read_text())

    def __len__(self) -> int:
        """Pictures in the list."""
        return len(self.paths)

    def __getitem__(self, index: int) -> dict[str, Any]:
        """A picture with its labels."""
        path = self.paths[index]
        picture = cv2.imread(path)
        with open(path.replace(".jpg", ".json")) as stream:  # noqa: PTH123  as the official dataset does
            sidecar = json.load(stream)
        return {"image": picture, **{name: np.array(sidecar[name], np.float32) for name in LABELS}}


def tar_frames(tars: list[str]) -> Iterator[dict[str, Any]]:
    """The same frames out of tars, through webdataset, decoded by the same two libraries."""

    yield from webdataset.WebDataset(tars, shardshuffle=False, empty_check=False).map(_decoded)


def write_peers(build: str, folder: Path, cache: CacheConfig) -> tuple[Path, list[str]]:
    """The build's frames as jpg + json in a folder for each clip, with a list, and as tars of those files."""
    official = folder / "official"
    paths: list[str] = []
    members: list[tuple[str, bytes]] = []
    tars: list[str] = []
    for row in FrameStream(build, ReadConfig(vertices="stored", cache=cache), seed=None):
        name = f"{row['clip_id']}/{int(row['frame']):04d}"
        sidecar = {label: np.round(row[label].astype(np.float64), 6).tolist() for label in LABELS}
        files = {".jpg": encode_jpeg(row["image"], 95), ".json": json.dumps({**sidecar, "image_path": name}).encode()}
        (official / name).parent.mkdir(parents=True, exist_ok=True)
        for extension, data in files.items():
            (official / f"{name}{extension}").write_bytes(data)
            members.append((f"{name.replace('/', '_')}{extension}", data))
        paths.append(f"{official / name}.jpg")
        if len(members) == 2 * FRAMES_PER_TAR:
            tars.append(_write_tar(folder, len(tars), members))
            members = []
    if members:
        tars.append(_write_tar(folder, len(tars), members))
    listing = official / "train.json"
    listing.write_text(json.dumps(paths))
    return listing, tars


def _write_tar(folder: Path, number: int, members: list[tuple[str, bytes]]) -> str:
    path = folder / f"frames-{number:06d}.tar"
    path.write_bytes(tar_bytes(members))
    return str(path)


@dataclass(frozen=True)
class Speed:
    """Frames per second, and milliseconds of processor time that a frame costs in all processes together."""

    rate: float
    cpu_ms: float


def speed(frames: Callable[[], Iterable[Any]], count: Callable[[Any], int] = lambda item: 1) -> Speed:
    """One pass over a reader; a loader's workers must live on after it."""
    start, used = time.perf_counter(), _cpu_seconds()
    seen = sum(count(item) for item in frames())
    return Speed(seen / (time.perf_counter() - start), 1e3 * (_cpu_seconds() - used) / seen)


def best(passes: Sequence[Speed]) -> Speed:
    """The highest rate and the least processor time."""
    return Speed(max(one.rate for one in passes), min(one.cpu_ms for one in passes))


def _cpu_seconds() -> float:
    process = psutil.Process()
    times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
    return sum(one.user + one.system for one in times)


def batch_rows(batch: dict[str, Any]) -> int:
    """Rows of a collated batch."""
    return len(batch["image"])


def growth_mib(stream: FrameStream) -> tuple[float, float]:
    """How much the resident memory's peak grows from the first fifth of an epoch to its end, and that peak, in MiB."""
    process = psutil.Process()
    total, early, late = stream.num_rows, 0, 0
    gc.collect()
    for number, _ in enumerate(stream):
        if number % 64 == 0:
            resident = process.memory_info().rss
            if number < total / 5:
                early = max(early, resident)
            late = max(late, resident)
    return (late - early) / 2**20, late / 2**20


def main() -> int:
    """Makes the data, measures, prints the figures, and says whether the goals are met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=200)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--height", type=int, default=256)
    parser.add_argument("--grain", type=float, default=1.0, help="noise on the rendered pictures, in grey levels")
    parser.add_argument("--passes", type=int, default=3, help="how often each is measured")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/pam-readers-benchmark"))
    arguments = parser.parse_args()
    shutil.rmtree(arguments.folder, ignore_errors=True)
    size = (arguments.width, arguments.height)
    build = make_build(arguments.folder / "store", arguments.clips, *size, arguments.grain)
    listing, tars = write_peers(build, arguments.folder, CacheConfig(arguments.folder / "writing", decoded_bytes=0))
    print(f"{arguments.clips} clips of {FRAMES} frames, {size[0]}x{size[1]}, grain {arguments.grain:g}")
    met = [
        frame_by_frame(build, listing, tars, arguments),
        *(in_batches(build, listing, tars, arguments, workers) for workers in (0, arguments.workers)),
        memory_is_flat(build, arguments),
    ]
    shutil.rmtree(arguments.folder)
    return 0 if all(met) else 1


def ours(build: str, cache: Path, **options: Any) -> FrameStream:  # noqa: ANN401  passed on as they are
    """Our reader with stored surfaces, so that it gives the labels that the sidecars hold."""
    return FrameStream(build, ReadConfig(vertices="stored", cache=CacheConfig(cache)), **options)


def frame_by_frame(build: str, listing: Path, tars: list[str], arguments: argparse.Namespace) -> bool:
    """Single frames in order, each reader as it is by default."""
    files = OfficialFiles(listing)
    # Compiles the colour conversion and fills the page cache for everybody alike.
    speed(lambda: ours(build, arguments.folder / "warm", seed=None))
    official = [speed(lambda: map(files.__getitem__, range(len(files)))) for _ in range(arguments.passes)]
    tar = [speed(lambda: tar_frames(tars)) for _ in range(arguments.passes)]
    found = [
        _three_passes(ours(build, arguments.folder / f"single-{number}", seed=None), lambda item: 1)
        for number in range(arguments.passes)
    ]
    print("one process, frame by frame")
    return report(official, tar, found)


def in_batches(build: str, listing: Path, tars: list[str], arguments: argparse.Namespace, workers: int) -> bool:
    """Batches of 64 through a DataLoader."""
    size = 64
    live = {"num_workers": workers, "persistent_workers": workers > 0}
    files = DataLoader(OfficialFiles(listing), batch_size=size, **live)
    official = [speed(lambda: files, batch_rows) for _ in range(arguments.passes)]
    shards = webdataset.WebDataset(tars, shardshuffle=False, empty_check=False).map(_decoded)
    tarred = DataLoader(shards, batch_size=size, **live)
    tar = [speed(lambda: tarred, batch_rows) for _ in range(arguments.passes)]
    found = []
    for number in range(arguments.passes):
        stream = ours(build, arguments.folder / f"loader-{workers}-{number}", seed=0, batch_size=size)
        found.append(_three_passes(DataLoader(stream, batch_size=None, **live), batch_rows))
    print(f"batches of {size}, {workers} workers, ours shuffled")
    return report(official, tar, found)


def _three_passes(reader: Iterable[Any], count: Callable[[Any], int]) -> list[Speed]:
    return [speed(lambda: reader, count) for _ in range(3)]


def _decoded(sample: dict[str, Any]) -> dict[str, Any]:
    picture = cv2.imdecode(np.frombuffer(sample["jpg"], np.uint8), cv2.IMREAD_COLOR)
    sidecar = json.loads(sample["json"])
    return {"image": picture, **{name: np.array(sidecar[name], np.float32) for name in LABELS}}


def report(official: list[Speed], tar: list[Speed], ours: list[list[Speed]]) -> bool:
    """Prints speeds with their ratios; whether all of our passes reach the goals."""
    files, tars = best(official), best(tar)
    print(f"  per-file jpg + json   {files.rate:8.0f} frames/s, {files.cpu_ms:.2f} ms")
    print(f"  webdataset            {tars.rate:8.0f} frames/s, {tars.cpu_ms:.2f} ms")
    met = True
    for name, passes in zip(("first pass", "second pass", "later passes"), zip(*ours, strict=True), strict=True):
        mine = best(passes)
        over_files, over_tars, less = mine.rate / files.rate, mine.rate / tars.rate, files.cpu_ms / mine.cpu_ms
        print(
            f"  ours, {name:<15} {mine.rate:8.0f} frames/s, {mine.cpu_ms:.2f} ms = {over_files:.1f} x jpg + json, "
            f"{over_tars:.1f} x tar (goal 3.0, 1.0); processor time of jpg + json {less:.1f} x"
        )
        met &= mine.rate >= 3.0 * files.rate and mine.rate >= tars.rate
    return met


def memory_is_flat(build: str, arguments: argparse.Namespace) -> bool:
    """An epoch that decodes, and one that is shuffled, read whole."""
    flat = True
    for name, seed in (("in order, decoding", None), ("shuffled, decoded before", 0)):
        grown, peak = growth_mib(ours(build, arguments.folder / "memory", seed=seed))
        flat &= grown < FLAT_MIB
        print(f"memory, {name}: {grown:+.1f} MiB over the epoch after its first fifth, peak {peak:.0f} MiB")
    return flat


if __name__ == "__main__":
    sys.exit(main())
