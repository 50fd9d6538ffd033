"""Rows stacked: the right cells in the right places, with and without shared memory."""

from typing import Any

import numpy as np
import pytest
import torch

from pam_models.media.colours import i420_to_rgb, rgb_to_i420
from pam_models.readers.batches import stacked, with_picture
from pam_models.readers.errors import ReadError
from pam_models.readers.shared_blocks import SharedBlocks


def row(number: int, height: int = 8, width: int = 12) -> dict[str, Any]:
    rng = np.random.default_rng(number)
    picture = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    return {
        "frame": np.int32(number), "K": np.full((3, 3), number, np.float32),
        "vertices": rng.normal(size=(778, 3)).astype(np.float32), "is_right": np.bool_(number % 2),
        "clip_id": f"clip{number}", "image": rgb_to_i420(picture),
    }  # fmt: skip


@pytest.mark.parametrize("shared", [False, True])
def test_every_cell_is_where_it_belongs(shared: bool) -> None:
    """Catches pictures that stay planes, rows exchanged, types changed, and a field lost."""
    rows = [row(number) for number in range(3)]
    pictures = [i420_to_rgb(one["image"]) for one in rows]
    batch = stacked(rows, 4, SharedBlocks() if shared else None)
    assert list(batch) == list(rows[0])
    for name in ("frame", "K", "vertices", "is_right"):
        assert torch.equal(batch[name], torch.from_numpy(np.stack([one[name] for one in rows])))
    np.testing.assert_array_equal(batch["image"].numpy(), np.stack(pictures))
    assert batch["clip_id"] == ["clip0", "clip1", "clip2"]
    np.testing.assert_array_equal(with_picture(rows[1])["image"], pictures[1])


def test_rows_without_pictures() -> None:
    """Catches a reader of labels alone that asks for pictures."""
    labels = {name: value for name, value in row(1).items() if name != "image"}
    assert "image" not in stacked([labels], 4)
    assert "image" not in with_picture(labels)


def test_pictures_of_two_sizes_are_named() -> None:
    """Catches a message about shapes of arrays that says nothing of clips."""
    with pytest.raises(ReadError, match="clip clip0 is 8x12 and clip clip1 6x4: pictures of two sizes make no batch"):
        stacked([row(0), row(1, 6, 4)], 4)
