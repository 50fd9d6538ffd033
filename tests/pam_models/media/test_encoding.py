"""pam_models/media/encoding.py: what it writes plays everywhere, comes back, and is the same bytes every time."""

import io
import time

import av
import cv2
import numpy as np
import pytest

from pam_models.media import (
    MediaError,
    encode_jpeg,
    encode_png,
    encode_video,
    iterate_frames,
    read_frames,
    read_image,
    video_info,
)
from pam_models.media.encoding import encode_png16

PATCHES = np.array(
    [
        [220, 40, 40],
        [40, 220, 40],
        [40, 40, 220],
        [230, 230, 230],
        [20, 20, 20],
        [220, 180, 150],
        [92, 0, 255],
        [0, 200, 200],
    ]
)


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    """Patches of colour 16 pixels wide that move one patch to the left each frame, under a little noise."""
    noise = np.random.default_rng(0).integers(-2, 3, (25, 64, 128, 3))
    patch = (np.arange(128) // 16 + np.arange(25)[:, None]) % len(PATCHES)
    return np.clip(PATCHES[patch][:, None] + noise, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def clip(frames: np.ndarray) -> bytes:
    return encode_video(frames, 15.0)


def test_same_frames_same_bytes_at_different_times(frames: np.ndarray, clip: bytes) -> None:
    """Catches a creation time, a random id or thread-dependent slices in the file."""
    time.sleep(1.1)
    assert encode_video(frames, 15.0) == clip


def test_colours_survive(frames: np.ndarray, clip: bytes) -> None:
    """Catches BGR/RGB exchanged, BT.601 read as BT.709, full range read as limited, and swscale's dark rounding."""
    back = read_frames(clip)
    assert back.shape == frames.shape
    assert back.dtype == np.uint8
    for patch in range(8):
        inside = np.s_[:, 8:56, patch * 16 + 5 : patch * 16 + 11]
        assert np.abs(back[inside].mean((1, 2)) - frames[inside].mean((1, 2))).max() < 4
    assert abs(float(back.mean()) - float(frames.mean())) < 1.0


def test_frames_come_back_in_order(frames: np.ndarray, clip: bytes) -> None:
    """Catches lost, doubled or reordered frames: every decoded frame is nearest to its own original."""
    back = np.stack(list(iterate_frames(clip))).astype(np.float32)
    distance = np.abs(back[:, None, ::8, ::8] - frames[None, :8, ::8, ::8]).mean((2, 3, 4))
    assert distance.argmin(1).tolist() == [index % 8 for index in range(25)]


def test_browser_can_play_it(clip: bytes) -> None:
    """Catches an index at the end, a pixel format or tags that browsers refuse or guess, and a tool's name."""
    assert clip.index(b"moov") < clip.index(b"mdat")
    assert b"Lavf" not in clip
    with av.open(io.BytesIO(clip)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert (int(stream.codec_context.colorspace), int(stream.codec_context.color_range)) == (1, 1)
        packets = [packet for packet in container.demux(stream) if packet.size]
    assert [packet.pts for packet in packets] == [packet.dts for packet in packets]


def test_any_frame_is_near_a_key_frame(frames: np.ndarray) -> None:
    """Catches libx264's own 250 frames between key frames, which make reading one frame as dear as reading all."""
    with av.open(io.BytesIO(encode_video(frames[[0] * 25], 15.0))) as container:
        keys = [packet.is_keyframe for packet in container.demux(video=0) if packet.size]
    assert [index for index, is_key in enumerate(keys) if is_key] == [0, 12, 24]


def test_info_without_decoding(clip: bytes) -> None:
    """Catches a wrong rate, frame count or exchanged sides."""
    info = video_info(clip)
    assert (info.num_frames, info.fps, info.width, info.height) == (25, 15.0, 128, 64)


def test_broadcast_rate_is_kept(frames: np.ndarray) -> None:
    """Catches rates rounded to whole numbers: 29.97 stays 30000/1001."""
    assert video_info(encode_video(frames[:3], 29.97)).fps == pytest.approx(29.97, abs=1e-3)


def test_crf_trades_size_for_quality(frames: np.ndarray, clip: bytes) -> None:
    """Catches an encoder option that never reaches libx264."""
    coarse = encode_video(frames, 15.0, crf=40)
    assert len(coarse) < len(clip) / 2


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [((3, 9, 16, 3), np.uint8), ((3, 8, 16), np.uint8), ((0, 8, 16, 3), np.uint8), ((3, 8, 16, 3), float)],
)
def test_refuses_what_is_no_clip(shape: tuple[int, ...], dtype: type) -> None:
    """Catches odd sides (libx264 would fail late), missing channels, empty clips and floats."""
    with pytest.raises(MediaError, match="clip"):
        encode_video(np.zeros(shape, dtype), 15.0)


def test_refuses_a_rate_of_zero(frames: np.ndarray) -> None:
    """Catches a division by zero deep inside the muxer."""
    with pytest.raises(MediaError, match="fps"):
        encode_video(frames, 0.0)


@pytest.mark.parametrize("damage", ["text", "empty", "half", "zeroed"])
def test_damaged_clip_is_an_error_not_a_shorter_clip(clip: bytes, damage: str) -> None:
    """Catches decoders that conceal damage: a wrong picture under a right label."""
    middle = len(clip) // 2
    data = {
        "text": b"no video at all" * 50,
        "empty": b"",
        "half": clip[:middle],
        "zeroed": clip[:middle] + bytes(2000) + clip[middle + 2000 :],
    }[damage]
    with pytest.raises(MediaError):
        read_frames(data)


def test_png_is_lossless_and_repeatable(frames: np.ndarray) -> None:
    """Catches a lossy picture, exchanged channels, or bytes that differ."""
    data = encode_png(frames[0])
    assert np.array_equal(read_image(data), frames[0])
    assert encode_png(frames[0].copy(order="F")) == data


def test_jpeg_is_near(frames: np.ndarray) -> None:
    """Catches exchanged channels in the page's thumbnails."""
    inside = np.s_[8:56, 4:12]
    assert np.abs(read_image(encode_jpeg(frames[0]))[inside].mean((0, 1)) - frames[0][inside].mean((0, 1))).max() < 6


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + b"x" * 40])
def test_damaged_picture_is_refused(data: bytes) -> None:
    """Catches None handed on as a picture."""
    with pytest.raises(MediaError, match="picture"):
        read_image(data)


def test_refuses_a_grey_picture() -> None:
    """Catches a picture without channels becoming a PNG that reads back with another shape."""
    with pytest.raises(MediaError, match="uint8"):
        encode_png(np.zeros((8, 8), np.uint8))


def test_sixteen_bit_maps_are_lossless() -> None:
    """Catches depth cut to eight bits."""
    depth_mm = np.arange(64 * 48, dtype=np.uint16).reshape(48, 64) * 20
    back = cv2.imdecode(np.frombuffer(encode_png16(depth_mm), np.uint8), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(back, depth_mm)
    with pytest.raises(MediaError, match="16-bit"):
        encode_png16(depth_mm.astype(np.uint8))
