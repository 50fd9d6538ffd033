"""Bytes into pixels: whole clips, single frames without the whole clip, and pictures."""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType

import av
import cv2
import numpy as np
from av.container import InputContainer
from jaxtyping import UInt8

from pam_models.media.colours import i420_to_rgb

BT709 = 1
FULL_RANGE = 2


class MediaError(ValueError):
    """Bytes that are no readable picture or clip, or pixels that cannot be stored as one."""


@dataclass(frozen=True)
class VideoInfo:
    """What a clip's container says about it: frames, frames per second, pixels."""

    num_frames: int
    fps: float
    width: int
    height: int


class Clip:
    """An open clip, for any of its frames in any order. Use it as a context, from one thread at a time.

    Raises:
        MediaError: the bytes are no video; or, when a frame is read, a damaged one.
    """

    def __init__(self, data: bytes) -> None:
        with _one_line():
            self._container = av.open(io.BytesIO(data), "r")
            self._stream = _video_stream(self._container)
            self._stream.thread_type = "NONE"
            self._stream.codec_context.options = {"err_detect": "explode"}
        self._times: list[int] = []
        self._keys: list[int] = []
        self._running: Iterator[av.VideoFrame] | None = None
        self._next = 0

    def __enter__(self) -> Clip:
        """The clip itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Closes the clip."""
        self.close()

    def close(self) -> None:
        """Gives the decoder's memory back."""
        self._running = None
        self._container.close()

    @property
    def info(self) -> VideoInfo:
        """Frame count, rate and size from the container's index, without decoding a picture."""
        stream = self._stream
        return VideoInfo(stream.frames, float(stream.average_rate or 0), stream.width, stream.height)

    def planes(self) -> Iterator[UInt8[np.ndarray, "H+H//2 W"]]:
        """Every frame's planes in the order of presentation; the clip must not have been read before."""
        with _one_line():
            for frame in self._container.decode(self._stream):
                yield _planes(frame)

    def frame(self, index: int) -> UInt8[np.ndarray, "H W 3"]:
        """One frame as RGB, decoding from the key frame before it, or from the last frame read where that is nearer.

        Raises:
            MediaError: there is no such frame, or the clip is damaged.
        """
        with _one_line():
            if not self._times:
                self._look_through()
            if not 0 <= index < len(self._times):
                raise MediaError(f"has {len(self._times)} frames and not one of number {index}")
            key = self._keys[bisect_right(self._keys, index) - 1]
            if self._running is None or not max(key, 0) <= self._next <= index:
                self._container.seek(self._times[key], stream=self._stream)
                self._running, self._next = self._container.decode(self._stream), key
            for frame in self._running:
                number, self._next = self._next, self._next + 1
                if frame.pts != self._times[number]:
                    raise MediaError(f"frame {number} does not decode")
                if number == index:
                    return i420_to_rgb(_planes(frame))
        raise MediaError(f"ends before frame {index}")

    def _look_through(self) -> None:
        packets = [packet for packet in self._container.demux(self._stream) if packet.pts is not None and packet.size]
        order = sorted(packets, key=lambda packet: int(packet.pts or 0))
        self._times = [int(packet.pts or 0) for packet in order]
        self._keys = [number for number, packet in enumerate(order) if packet.is_keyframe]
        if not self._keys or self._keys[0] != 0:
            raise MediaError("does not begin with a key frame")


def read_frames(data: bytes) -> UInt8[np.ndarray, "T H W 3"]:
    """Every frame of a clip, as RGB, in the order of presentation.

    Raises:
        MediaError: the bytes are no video, or a damaged one.
    """
    frames = list(iterate_frames(data))
    if not frames:
        raise MediaError("the clip holds no frame")
    return np.stack(frames)


def iterate_frames(data: bytes) -> Iterator[UInt8[np.ndarray, "H W 3"]]:
    """The frames of a clip one by one, so that a long clip never stands in memory whole.

    Raises:
        MediaError: as `read_frames`, when the damage is reached.
    """
    with Clip(data) as clip:
        for planes in clip.planes():
            yield i420_to_rgb(planes)


def video_info(data: bytes) -> VideoInfo:
    """Frame count, rate and size from the container's index, without decoding a picture.

    Raises:
        MediaError: the bytes are no video.
    """
    with Clip(data) as clip:
        return clip.info


def read_image(data: bytes) -> UInt8[np.ndarray, "H W 3"]:
    """A PNG or JPEG as RGB.

    Raises:
        MediaError: the bytes do not decode.
    """
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if picture is None:
        raise MediaError(f"no readable picture in {len(data)} bytes")
    return np.ascontiguousarray(picture[..., ::-1])


@contextmanager
def _one_line() -> Iterator[None]:
    try:
        yield
    except (av.FFmpegError, EOFError) as error:
        raise MediaError(f"no readable video ({error})") from error


def _planes(frame: av.VideoFrame) -> UInt8[np.ndarray, "H+H//2 W"]:
    if frame.is_corrupt:
        raise MediaError(f"frame at {frame.time} s does not decode")
    if frame.height % 2 or frame.width % 2:
        raise MediaError(f"has odd sides, {frame.height}x{frame.width}; a clip here has even ones")
    if frame.format.name != "yuv420p" or frame.colorspace != BT709 or frame.color_range == FULL_RANGE:
        # A stream that names no colour space is a foreign one of small size: BT.601, as players assume.
        source = "ITU709" if frame.colorspace == BT709 else "ITU601"
        frame = frame.reformat(
            format="yuv420p", src_colorspace=source, dst_colorspace="ITU709", dst_color_range="MPEG", threads=1
        )
    return np.asarray(frame.to_ndarray(), np.uint8)


def _video_stream(container: InputContainer) -> av.VideoStream:
    if not container.streams.video:
        raise MediaError("the file has no video stream")
    return container.streams.video[0]
