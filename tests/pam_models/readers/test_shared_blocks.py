"""Memory that goes round between a worker and the process it works for."""

import copy
import gc
from typing import Any

import pytest
import torch

from pam_models.readers.shared_blocks import SharedBatch, SharedBlocks


def filled(blocks: SharedBlocks, value: int) -> SharedBatch:
    batch = SharedBatch()
    batch.add("image", blocks.take(24), torch.uint8, (2, 3, 4))
    batch["image"].fill_(value)
    batch["frame"] = torch.arange(2)
    batch["clip_id"] = ["a", "b"]
    return batch


def received(batch: SharedBatch) -> dict[str, Any]:
    """What pickling makes of it, without another process."""
    build, parts = batch.__reduce__()
    found: dict[str, Any] = build(*parts)
    return found


def test_a_block_is_filled_again_when_the_last_view_is_gone() -> None:
    """Catches pictures that change under who still holds them, and blocks that are made anew for every batch."""
    blocks = SharedBlocks()
    found = received(filled(blocks, 7))
    assert type(found) is dict
    assert found["frame"].tolist() == [0, 1]
    assert found["clip_id"] == ["a", "b"]
    place, row = found["image"].data_ptr(), found["image"][1]
    del found
    gc.collect()
    other = received(filled(blocks, 9))["image"]
    assert other.data_ptr() != place
    assert row.unique().tolist() == [7]
    del row
    gc.collect()
    assert filled(blocks, 3)["image"].data_ptr() == place
    assert other.unique().tolist() == [9]


def test_what_is_not_sent_is_free_again() -> None:
    """Catches blocks lost to a collation that replaces what they hold."""
    blocks = SharedBlocks()
    batch = filled(blocks, 1)
    place = batch["image"].data_ptr()
    batch["image"] = batch["image"].float() / 2
    found = received(batch)
    assert found["image"].unique().tolist() == [0.5]
    del batch
    gc.collect()
    assert blocks.take(24).data_ptr() + 64 == place


def test_more_than_are_kept_are_still_right() -> None:
    """Catches a block given twice, and memory that grows with what is held for a while."""
    blocks = SharedBlocks(most=2)
    held = [received(filled(blocks, value))["image"] for value in range(5)]
    assert [int(one.unique()) for one in held] == list(range(5))
    kept = {held[0].data_ptr(), held[1].data_ptr()}
    del held
    gc.collect()
    again = [filled(blocks, value) for value in range(2)]
    assert {one["image"].data_ptr() for one in again} == kept


def test_a_copy_is_the_batch_itself() -> None:
    """Catches a block that is given back while the copy that a loader makes is on its way."""
    batch = filled(SharedBlocks(), 1)
    assert copy.copy(batch) is batch


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bool])
def test_contents_of_every_type(dtype: torch.dtype) -> None:
    """Catches contents that do not stand at a whole number of their own size."""
    batch, values = SharedBatch(), torch.arange(6).reshape(2, 3).to(dtype)
    batch.add("values", SharedBlocks().take(48), dtype, (2, 3))
    batch["values"].copy_(values)
    assert torch.equal(received(batch)["values"], values)
