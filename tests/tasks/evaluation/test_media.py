"""Clips that are no good. Each test says which defect it would catch."""

import numpy as np
import pytest

from tasks.evaluation.media import BadMedium, decoded, stored_medium
from tasks.media import encode_video
from tasks.store import Store


def test_length_and_size_must_be_the_trajectorys() -> None:
    """Catches a clip of the wrong length that is compared as far as it goes."""
    data = encode_video(np.zeros((5, 16, 32, 3), np.uint8), 15.0)
    assert decoded(data, 5, (16, 32), "the clip").shape == (5, 16, 32, 3)
    with pytest.raises(BadMedium, match="the clip has 5 frames, its trajectory 6"):
        decoded(data, 6, (16, 32), "the clip")
    with pytest.raises(BadMedium, match="the clip is 32x16 pixels, its trajectory's pictures 16x32"):
        decoded(data, 5, (32, 16), "the clip")
    with pytest.raises(BadMedium, match="the clip does not decode"):
        decoded(b"nothing", 5, (16, 32), "the clip")


def test_bytes_must_be_there_and_unaltered(store: Store) -> None:
    """Catches an altered medium that passes for the real one."""
    kept = store.put_media(b"bytes", "mp4")
    assert stored_medium(store, kept.uri, kept.sha256, "it") == b"bytes"
    with pytest.raises(BadMedium, match="it was altered"):
        stored_medium(store, kept.uri, "0" * 64, "it")
    with pytest.raises(BadMedium, match="it is missing"):
        stored_medium(store, "cas/00/none.mp4", "0" * 64, "it")
