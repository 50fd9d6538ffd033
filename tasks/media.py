"""Pictures and clips as bytes: H.264 MP4 and PNG, written so that the same pixels always give the same bytes.

Everything is RGB, uint8, height before width. MP4s are yuv420p in BT.709 limited range and say so in the stream, so
that every player shows the same colours; the index stands before the pictures (faststart), so that a browser can begin
to play before it has everything.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
import cv2
import numpy as np
from av.container import InputContainer
from av.video.reformatter import Interpolation
from jaxtyping import UInt8

BT709 = 1
LIMITED_RANGE = 1
# Without accurate rounding swscale is up to two grey levels too dark; without full chroma it doubles the columns of
# colour instead of blending them.
CONVERSION = (
    Interpolation.BICUBIC
    | Interpolation.ACCURATE_RND
    | Interpolation.FULL_CHR_H_INP
    | Interpolation.FULL_CHR_H_INT
    | Interpolation.BITEXACT
)

Preset = Literal["ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"]


class MediaError(ValueError):
    """Bytes that are no readable picture or clip, or pixels that cannot be stored as one."""


@dataclass(frozen=True)
class VideoInfo:
    """What a clip's container says about it: frames, frames per second, pixels."""

    num_frames: int
    fps: float
    width: int
    height: int


def encode_video(
    frames: UInt8[np.ndarray, "T H W 3"],
    fps: float,
    *,
    crf: int = 16,
    preset: Preset = "medium",
    keyframe_every: int = 12,
) -> bytes:
    """RGB frames as an H.264 MP4.

    One thread, bit-exact muxing and no creation time: equal frames give equal bytes on one version of libx264. There
    are no B frames, and a key frame every ``keyframe_every`` frames, so a reader reaches any frame by decoding at most
    that many.

    Raises:
        MediaError: the array is no (T, H, W, 3) uint8 with even H and W (yuv420p halves both), is empty, or fps is not
            positive.
    """
    _check_frames(frames)
    if not fps > 0:
        raise MediaError(f"fps must be positive, not {fps}")
    rate = Fraction(fps).limit_denominator(1001)
    x264 = {"crf": str(crf), "preset": preset, "threads": "1", "x264-params": "threads=1:lookahead-threads=1"}
    # Faststart moves the index by reading the finished file back by its name, which an in-memory buffer does not have.
    with tempfile.TemporaryDirectory(prefix="pam-media-") as folder:
        path = Path(folder) / "clip.mp4"
        muxer = {"movflags": "+faststart", "fflags": "+bitexact"}
        with av.open(str(path), "w", format="mp4", container_options=muxer) as container:
            stream = container.add_stream("libx264", rate=rate)
            stream.height, stream.width = frames.shape[1:3]
            stream.pix_fmt = "yuv420p"
            codec = stream.codec_context
            codec.thread_count = 1
            codec.gop_size = keyframe_every
            codec.max_b_frames = 0
            codec.colorspace = codec.color_primaries = codec.color_trc = BT709
            codec.color_range = LIMITED_RANGE
            codec.options = x264
            for pixels in frames:
                container.mux(stream.encode(_to_yuv(pixels)))
            container.mux(stream.encode(None))
        return path.read_bytes()


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
    try:
        with av.open(io.BytesIO(data), "r") as container:
            stream = _video_stream(container)
            stream.thread_type = "NONE"
            stream.codec_context.options = {"err_detect": "explode"}
            for frame in container.decode(stream):
                if frame.is_corrupt:
                    raise MediaError(f"frame at {frame.time} s does not decode")
                yield _to_rgb(frame)
    except (av.FFmpegError, EOFError) as error:
        raise MediaError(f"no readable video ({error})") from error


def video_info(data: bytes) -> VideoInfo:
    """Frame count, rate and size from the container's index, without decoding a picture.

    Raises:
        MediaError: the bytes are no video.
    """
    try:
        with av.open(io.BytesIO(data), "r") as container:
            stream = _video_stream(container)
            return VideoInfo(stream.frames, float(stream.average_rate or 0), stream.width, stream.height)
    except (av.FFmpegError, EOFError) as error:
        raise MediaError(f"no readable video ({error})") from error


def encode_png(image: UInt8[np.ndarray, "H W 3"]) -> bytes:
    """An RGB picture as PNG, lossless; equal pixels give equal bytes.

    Raises:
        MediaError: the array is no (H, W, 3) uint8.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or 0 in image.shape:
        raise MediaError(f"a picture must be (H, W, 3) uint8, not {image.shape} {image.dtype}")
    return _imencode(".png", image, [cv2.IMWRITE_PNG_COMPRESSION, 6])


def encode_jpeg(image: UInt8[np.ndarray, "H W 3"], quality: int = 90) -> bytes:
    """An RGB picture as JPEG: for pages, never for training pictures.

    Raises:
        MediaError: the array is no (H, W, 3) uint8.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or 0 in image.shape:
        raise MediaError(f"a picture must be (H, W, 3) uint8, not {image.shape} {image.dtype}")
    return _imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])


def read_image(data: bytes) -> UInt8[np.ndarray, "H W 3"]:
    """A PNG or JPEG as RGB.

    Raises:
        MediaError: the bytes do not decode.
    """
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if picture is None:
        raise MediaError(f"no readable picture in {len(data)} bytes")
    return np.ascontiguousarray(picture[..., ::-1])


def _check_frames(frames: np.ndarray) -> None:
    if frames.ndim != 4 or frames.shape[3] != 3 or frames.dtype != np.uint8 or 0 in frames.shape:
        raise MediaError(f"a clip must be (T, H, W, 3) uint8 with T > 0, not {frames.shape} {frames.dtype}")
    height, width = frames.shape[1:3]
    if height % 2 or width % 2:
        raise MediaError(f"a clip's height and width must be even for yuv420p, not {height}x{width}")


def _to_yuv(pixels: UInt8[np.ndarray, "H W 3"]) -> av.VideoFrame:
    # BT.709, limited range, by hand: swscale's result depends on where the picture lies in memory.
    red, green, blue = np.moveaxis(pixels.astype(np.float64), -1, 0)
    light = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    luma = 16.0 + light * (219.0 / 255.0)
    chroma = [
        128.0 + _halved((colour - light) / span) * (224.0 / 255.0) for colour, span in ((blue, 1.8556), (red, 1.5748))
    ]
    height, width = light.shape
    planes = [luma.ravel(), *(plane.ravel() for plane in chroma)]
    yuv = np.clip(np.rint(np.concatenate(planes)), 0, 255).astype(np.uint8)
    return av.VideoFrame.from_ndarray(yuv.reshape(height * 3 // 2, width), format="yuv420p")


def _halved(plane: np.ndarray) -> np.ndarray:
    height, width = plane.shape
    return np.asarray(plane.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3)))


def _to_rgb(frame: av.VideoFrame) -> UInt8[np.ndarray, "H W 3"]:
    # A stream that names no colour space is a foreign one of small size: BT.601, as players assume.
    source = "ITU709" if frame.colorspace == BT709 else "ITU601"
    rgb = frame.reformat(format="rgb24", src_colorspace=source, interpolation=CONVERSION, threads=1)
    return np.ascontiguousarray(rgb.to_ndarray())


def _video_stream(container: InputContainer) -> av.VideoStream:
    if not container.streams.video:
        raise MediaError("the file has no video stream")
    return container.streams.video[0]


def _imencode(extension: str, image: np.ndarray, options: list[int]) -> bytes:
    done, data = cv2.imencode(extension, np.ascontiguousarray(image[..., ::-1]), options)
    if not done:
        raise MediaError(f"could not write a {image.shape} picture as {extension}")
    return bytes(data.tobytes())
