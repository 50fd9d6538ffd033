"""Rendered frames on disk: 8-bit pictures of every stream in one memory-mapped file, labels beside it.

A block is either a clip (its N frames in order) or N single pictures that have nothing to do with one another.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

RGB = "rgb"
_MOST_OPEN = 400


@dataclass(frozen=True)
class FrameBlock:
    """N frames in S streams (`rgb` first, then condition pictures) with what is true in them.

    joints_px and joints_cam_m: OP21; K (N, 3, 3); has_hand: False for pictures rendered without one;
    prompts and scenes: one per frame.
    """

    streams: tuple[str, ...]
    frames: UInt8[np.ndarray, "S N H W 3"]
    joints_px: Float[np.ndarray, "N 21 2"]
    joints_cam_m: Float[np.ndarray, "N 21 3"]
    joint_visible: Bool[np.ndarray, "N 21"]
    K: Float[np.ndarray, "N 3 3"]
    has_hand: Bool[np.ndarray, " N"]
    prompts: tuple[str, ...]
    scenes: tuple[str, ...]

    def __len__(self) -> int:
        """N."""
        return int(self.frames.shape[1])

    def stream(self, name: str) -> UInt8[np.ndarray, "N H W 3"]:
        """The frames of one stream. Raises KeyError when the block has none of that name."""
        if name not in self.streams:
            raise KeyError(f"a block has the streams {', '.join(self.streams)}; not {name}")
        return np.asarray(self.frames[self.streams.index(name)])

    def subset(self, chosen: Int[np.ndarray, " M"]) -> FrameBlock:
        """Some of the frames, in the given order, in memory."""
        return FrameBlock(
            self.streams, np.asarray(self.frames[:, chosen]), self.joints_px[chosen], self.joints_cam_m[chosen],
            self.joint_visible[chosen], self.K[chosen], self.has_hand[chosen],
            tuple(self.prompts[index] for index in chosen), tuple(self.scenes[index] for index in chosen),
        )  # fmt: skip

    def foreground(self) -> Bool[np.ndarray, "N H W"]:
        """Where the segmentation picture shows hand or object."""
        return np.asarray(self.stream("segmentation").any(axis=-1))


def save_block(folder: Path, name: str, block: FrameBlock) -> None:
    """Write a block; the labels come last and atomically, so a block with labels is whole."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = folder / f"{name}.frames.tmp"
    with pictures.open("wb") as file:
        np.save(file, np.ascontiguousarray(block.frames), allow_pickle=False)
    pictures.replace(folder / f"{name}.frames.npy")
    temporary = folder / f"{name}.tmp"
    with temporary.open("wb") as file:
        np.savez(
            file,
            streams=np.array(block.streams),
            joints_px=block.joints_px.astype(np.float32),
            joints_cam_m=block.joints_cam_m.astype(np.float32),
            joint_visible=block.joint_visible,
            K=block.K.astype(np.float32),
            has_hand=block.has_hand,
            prompts=np.array(block.prompts),
            scenes=np.array(block.scenes),
        )
    temporary.replace(folder / f"{name}.labels.npz")
    (folder / f"{name}.claim").unlink(missing_ok=True)


def claim_block(folder: Path, name: str, stale_after_s: float = 120.0) -> bool:
    """Whether this process may make a block: it does not exist, and no other process claimed it within the last
    minutes.
    """
    if (folder / f"{name}.labels.npz").is_file():
        return False
    folder.mkdir(parents=True, exist_ok=True)
    claim = folder / f"{name}.claim"
    try:
        claim.touch(exist_ok=False)
    except FileExistsError:
        if time.time() - claim.stat().st_mtime < stale_after_s:
            return False
        claim.touch()
    return True


def load_block(folder: Path, name: str) -> FrameBlock:
    """Open a block; the pictures stay on disk until they are touched. Raises OSError or ValueError for a damaged
    one.
    """
    frames = np.load(folder / f"{name}.frames.npy", mmap_mode="c", allow_pickle=False)
    with np.load(folder / f"{name}.labels.npz", allow_pickle=False) as labels:
        expected = (len(labels["streams"]), len(labels["joints_px"]))
        if frames.ndim != 5 or frames.shape[:2] != expected:
            raise ValueError(f"{folder / name}.frames.npy has shape {frames.shape}; its labels say {expected}, H, W, 3")
        return FrameBlock(
            streams=tuple(str(text) for text in labels["streams"]),
            frames=frames,
            joints_px=labels["joints_px"],
            joints_cam_m=labels["joints_cam_m"],
            joint_visible=labels["joint_visible"],
            K=labels["K"],
            has_hand=labels["has_hand"],
            prompts=tuple(str(text) for text in labels["prompts"]),
            scenes=tuple(str(text) for text in labels["scenes"]),
        )


def block_names(folder: Path, prefix: str = "") -> list[str]:
    """The blocks that are whole, sorted."""
    ending = ".labels.npz"
    return sorted(path.name.removesuffix(ending) for path in folder.glob(f"{prefix}*{ending}"))


def prompts_of(folder: Path) -> tuple[str, ...]:
    """Every prompt in the blocks of a folder, once, sorted; pictures are not touched."""
    found: set[str] = set()
    for path in folder.glob("*.labels.npz"):
        with np.load(path, allow_pickle=False) as labels:
            found.update(str(prompt) for prompt in labels["prompts"])
    return tuple(sorted(found))


class BlockCache:
    """Opened blocks of one folder; opening costs more than reading a frame from the page cache.

    A process may hold about a thousand files open, so the block that was opened first goes when there are too many.
    """

    def __init__(self, folder: Path, most: int = _MOST_OPEN) -> None:
        self._folder = folder
        self._most = most
        self._open: dict[str, FrameBlock] = {}

    def __getitem__(self, name: str) -> FrameBlock:
        """The block; opened where it is not."""
        block = self._open.get(name)
        if block is None:
            if len(self._open) >= self._most:
                self._open.pop(next(iter(self._open)), None)
            block = self._open[name] = load_block(self._folder, name)
        return block
