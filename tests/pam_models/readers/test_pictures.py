"""Pixels come from where they should, checked, and what does not decode is one line."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from pam_models.media import encode_video
from pam_models.readers.cache import CacheConfig
from pam_models.readers.errors import ReadError
from pam_models.readers.index import ClipRef
from pam_models.readers.pictures import ClipPictures
from pam_models.readers.place import Place
from tests.pam_models.readers.small_build import pixels


def clip_in(place: Place, data: bytes, frames: int | None = 13) -> ClipRef:
    digest = hashlib.sha256(data).hexdigest()
    uri = f"cas/{digest[:2]}/{digest}.mp4"
    place.write(uri, data)
    return ClipRef(uri, digest, frames, {"clip_id": "clip0"})


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(str(tmp_path / "store"))


@pytest.fixture
def clip(place: Place) -> ClipRef:
    return clip_in(place, encode_video(pixels(1, 13), 15.0))


def test_three_ways_to_the_same_pixels(place: Place, clip: ClipRef, cache: CacheConfig) -> None:
    """Catches a cache or a seek that gives another frame or other colours."""
    pictures, again = ClipPictures(place, cache), ClipPictures(place, CacheConfig(cache.folder, 0, 0))
    decoded = pictures.of_clip(clip, range(13))
    kept = pictures.of_clip(clip, [12, 3, 3])
    for frame, picture in zip([12, 3, 3], kept, strict=True):
        np.testing.assert_array_equal(picture, decoded[frame])
    for frame in (12, 0, 5, 6):
        np.testing.assert_array_equal(again.frame(clip, frame), decoded[frame])
        np.testing.assert_array_equal(pictures.frame(clip, frame), decoded[frame])


@pytest.mark.parametrize("one", [True, False])
@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("altered", "was altered: its bytes do not have the hash that its labels state"),
        ("missing", "is not there; clip clip0 refers to it"),
        ("no video", "no readable video"),
        ("short", "has 9 frames, and labels for 13"),
    ],
)
def test_what_cannot_be_read_is_named(
    place: Place, clip: ClipRef, cache: CacheConfig, damage: str, words: str, one: bool
) -> None:
    """Catches a wrong picture under a right label, and a decoder's traceback."""
    if damage == "altered":
        place.write(clip.uri, place.read(clip.uri) + b"x")
    elif damage == "missing":
        (place.folder or Path()).joinpath(clip.uri).unlink()
    elif damage == "short":
        clip = clip_in(place, encode_video(pixels(1, 9), 15.0))
    else:
        data = b"text" * 99 if damage == "no video" else place.read(clip.uri)[:900]
        clip = clip_in(place, data)
    pictures = ClipPictures(place, cache)
    with pytest.raises(ReadError) as caught:
        _ = pictures.frame(clip, 2) if one else pictures.of_clip(clip, [2])
    assert words in str(caught.value)
    assert "clip0" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_frame_beyond_the_clip(place: Place, clip: ClipRef, cache: CacheConfig) -> None:
    """Catches the last frame given for one that does not exist."""
    pictures = ClipPictures(place, cache)
    for _ in range(2):
        with pytest.raises(ReadError, match="has 13 frames and not one of number 13"):
            pictures.of_clip(clip, [13])
        pictures.of_clip(clip, [0])


def test_clips_of_a_remote_store_are_fetched_once(cache: CacheConfig) -> None:
    """Catches a download for each epoch, and a damaged file in the cache that is trusted."""
    place = Place("memory://clips")
    clip = clip_in(place, encode_video(pixels(2, 13), 15.0))
    pictures = ClipPictures(place, CacheConfig(cache.folder, decoded_bytes=0))
    first = pictures.of_clip(clip, [4])[0]
    kept = cache.folder / "media" / clip.sha256
    assert kept.exists()
    kept.write_bytes(b"damaged")
    np.testing.assert_array_equal(pictures.of_clip(clip, [4])[0], first)
    kept.write_bytes(place.read(clip.uri))
    place.write(clip.uri, b"gone")
    np.testing.assert_array_equal(pictures.of_clip(clip, [4])[0], first)


def test_decoded_planes_stay_within_their_bound(place: Place, cache: CacheConfig) -> None:
    """Catches a cache that grows with the dataset."""
    limit = 2 * (13 * 96 * 144 * 3 // 2 + 12)
    pictures = ClipPictures(place, CacheConfig(cache.folder, 0, limit))
    for number in range(5):
        pictures.of_clip(clip_in(place, encode_video(pixels(number, 13), 15.0)), [0])
    assert sum(path.stat().st_size for path in (cache.folder / "decoded").glob("*.i420")) == limit


def test_keeping_a_picture_keeps_no_clip(place: Place, clip: ClipRef, cache: CacheConfig) -> None:
    """Catches pictures that are views into a clip, which a shuffle buffer would then hold whole."""
    pictures = ClipPictures(place, cache)
    for _ in range(2):
        for picture in pictures.of_clip(clip, [0, 1]):
            assert picture.base is None or picture.base.nbytes == picture.nbytes
