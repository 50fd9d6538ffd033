"""Any frame, in any order, without the whole clip."""

from typing import Any

import av
import numpy as np
import pytest

from pam_models.media.decoding import Clip, MediaError, read_frames
from pam_models.media.encoding import encode_video


@pytest.fixture(scope="module")
def data() -> bytes:
    # Slow changes: at a cut libx264 would set a key frame of its own.
    y, x = np.mgrid[0:64, 0:64]
    frames = np.stack([np.stack([x * 3 + t, y * 3, x + y + t], -1) for t in range(30)]).clip(0, 255).astype(np.uint8)
    return encode_video(frames, 29.97)


def test_any_order_equals_reading_everything(data: bytes) -> None:
    """Catches a seek that lands a frame off, and a decoder that goes on from the wrong place."""
    everything = read_frames(data)
    with Clip(data) as clip:
        for frame in (29, 0, 1, 2, 13, 11, 12, 24, 25, 5, 5, 28):
            np.testing.assert_array_equal(clip.frame(frame), everything[frame])


def test_few_frames_are_decoded(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches random access that decodes from the beginning, or again what it has just passed."""
    sought: list[int] = []

    class Seeking:
        def __init__(self, container: Any) -> None:
            self.container = container

        def __getattr__(self, name: str) -> Any:
            return getattr(self.container, name)

        def seek(self, time: int, **options: Any) -> None:
            sought.append(time)
            self.container.seek(time, **options)

    # Nothing moves, so that libx264 sets no key frames beside those asked for.
    still = encode_video(read_frames(data)[[0] * 30], 15.0)
    with Clip(still) as clip:
        monkeypatch.setattr(clip, "_container", Seeking(clip._container))
        clip.frame(25)
        clip.frame(29)
        clip.frame(13)
        assert sought == [clip._times[24], clip._times[12]]


@pytest.mark.parametrize("frame", [-1, 30])
def test_frames_that_do_not_exist(data: bytes, frame: int) -> None:
    """Catches the nearest frame given for one that is not there."""
    with Clip(data) as clip, pytest.raises(MediaError, match="has 30 frames and not one of number"):
        clip.frame(frame)


def test_a_damaged_middle_is_found_by_random_access(data: bytes) -> None:
    """Catches concealed damage: a wrong picture under a right label."""
    middle = len(data) * 2 // 3
    damaged = data[:middle] + bytes(200) + data[middle + 200 :]
    with pytest.raises(MediaError), Clip(damaged) as clip:
        for frame in range(30):
            clip.frame(frame)


@pytest.mark.parametrize("form", ["yuv444p", "yuvj420p"])
def test_foreign_forms_are_converted(form: str) -> None:
    """Catches other chroma grids and ranges read as ours."""
    import io

    sink = io.BytesIO()
    with av.open(sink, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, form
        for level in (60, 180):
            grey = np.full((48, 64, 3), level, np.uint8)
            frame = av.VideoFrame.from_ndarray(grey, format="rgb24").reformat(format=form)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    shown = read_frames(sink.getvalue())
    assert np.abs(shown.mean((1, 2, 3)) - [60, 180]).max() < 4
