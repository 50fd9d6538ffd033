"""How fast a training job gets labelled frames: this project's dataset against per-file jpg + json, and webdataset.

    python benchmarks/readers.py --clips 200 --width 256 --height 256

A build is made with the project's own writers (H.264 clips, Parquet parts, snapshot). The same frames are written as
SimpleHand's layout (X.jpg at quality 95, X.json with xyz, uv, K and 778 vertices, read as its dataset reads them) and
as webdataset tars. Every reader gives uint8 pictures and the same label arrays, in order, from the page
cache, in one process; then again through a DataLoader with --workers. Our first pass has empty caches and decodes the
clips, the second keeps what it decodes, later ones read what was kept. Each peer's best pass counts, our first pass
counts as it is.

Goals: 3 times the per-file layout, at least webdataset; in one process from the first pass on (where a second core is
free: our reader decodes in threads), with workers from the third on; memory flat over an epoch (64 MiB).
"""

import argparse
import gc
import json
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator
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


def frames_per_second(frames: Callable[[], Iterable[Any]], count: Callable[[Any], int] = lambda item: 1) -> float:
    """One pass over a reader."""
    start = time.perf_counter()
    seen = sum(count(item) for item in frames())
    return seen / (time.perf_counter() - start)


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
    parser.add_argument("--passes", type=int, default=3, help="passes of each peer, and of ours after the first")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/pam-readers-benchmark"))
    arguments = parser.parse_args()
    shutil.rmtree(arguments.folder, ignore_errors=True)
    size = (arguments.width, arguments.height)
    build = make_build(arguments.folder / "store", arguments.clips, *size, arguments.grain)
    listing, tars = write_peers(build, arguments.folder, CacheConfig(arguments.folder / "writing", decoded_bytes=0))
    print(f"{arguments.clips} clips of {FRAMES} frames, {size[0]}x{size[1]}, grain {arguments.grain:g}")
    met = [
        in_one_process(build, listing, tars, arguments),
        with_workers(build, listing, tars, arguments),
        memory_is_flat(build, arguments),
    ]
    shutil.rmtree(arguments.folder)
    return 0 if all(met) else 1


def ours(build: str, cache: Path, **options: Any) -> FrameStream:  # noqa: ANN401  passed on as they are
    """Our reader with stored surfaces, so that it gives the labels that the sidecars hold."""
    return FrameStream(build, ReadConfig(vertices="stored", cache=CacheConfig(cache)), **options)


def in_one_process(build: str, listing: Path, tars: list[str], arguments: argparse.Namespace) -> bool:
    """Single frames in order, each reader as it is by default."""
    files = OfficialFiles(listing)
    # Compiles the colour conversion and fills the page cache for everybody alike.
    frames_per_second(lambda: ours(build, arguments.folder / "warm", seed=None))
    official = max(
        frames_per_second(lambda: map(files.__getitem__, range(len(files)))) for _ in range(arguments.passes)
    )
    tar = max(frames_per_second(lambda: tar_frames(tars)) for _ in range(arguments.passes))
    stream = ours(build, arguments.folder / "cold", seed=None)
    first, second = (frames_per_second(lambda: stream) for _ in range(2))
    later = max(frames_per_second(lambda: stream) for _ in range(arguments.passes))
    single = ours(build, arguments.folder / "single", seed=None, threads=1)
    alone = frames_per_second(lambda: single)
    print("one process, frame by frame")
    judged = {"ours, first pass": first, "ours, later passes": later}
    return report(official, tar, judged, {"ours, second pass": second, "ours, 1st, 1 thread": alone})


def with_workers(build: str, listing: Path, tars: list[str], arguments: argparse.Namespace) -> bool:
    """Batches of 64 through a DataLoader."""
    workers, size = arguments.workers, 64

    def passes(loader: Any) -> float:  # noqa: ANN401  any loader
        return max(frames_per_second(lambda: loader, batch_rows) for _ in range(arguments.passes))

    live = {"num_workers": workers, "persistent_workers": True}
    official = passes(DataLoader(OfficialFiles(listing), batch_size=size, **live))
    shards = webdataset.WebDataset(tars, shardshuffle=False, empty_check=False).map(_decoded)
    tar = passes(DataLoader(shards, batch_size=size, **live))
    stream = ours(build, arguments.folder / "loader", seed=0, batch_size=size)
    loader = DataLoader(stream, batch_size=None, **live)
    first, second = (frames_per_second(lambda: loader, batch_rows) for _ in range(2))
    later = passes(loader)
    print(f"batches of {size}, {workers} workers, ours shuffled")
    return report(
        official, tar, {"ours, first pass": first, "ours, later passes": later}, {"ours, second pass": second}
    )


def _decoded(sample: dict[str, Any]) -> dict[str, Any]:
    picture = cv2.imdecode(np.frombuffer(sample["jpg"], np.uint8), cv2.IMREAD_COLOR)
    sidecar = json.loads(sample["json"])
    return {"image": picture, **{name: np.array(sidecar[name], np.float32) for name in LABELS}}


def report(official: float, tar: float, judged: dict[str, float], shown: dict[str, float]) -> bool:
    """Prints rates with their ratios; whether all that are judged reach the goals."""
    print(f"  per-file jpg + json   {official:8.0f} frames/s")
    print(f"  webdataset            {tar:8.0f} frames/s")
    for name, rate in {**judged, **shown}.items():
        goal = "" if name in shown else " (goal 3.0, 1.0)"
        print(f"  {name:<21} {rate:8.0f} frames/s = {rate / official:.1f} x jpg + json, {rate / tar:.1f} x tar{goal}")
    return all(rate >= 3.0 * official and rate >= tar for rate in judged.values())


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
