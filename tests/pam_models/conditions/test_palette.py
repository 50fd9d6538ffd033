"""Segmentation colours: the published bits, and refusal of labels without a meaning."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from pam_models.conditions.palette import inferno_table, label_table, look_up, segmentation_picture


def test_picture_is_bit_equal_to_the_published_one(shared_data: Path) -> None:
    """Catches a palette that is shifted or in BGR order: the published weights would not know it."""
    vectors = load_file(shared_data / "conformance" / "conditions-dexycb.safetensors")
    np.testing.assert_array_equal(segmentation_picture(vectors["segmentation.labels"]), vectors["segmentation.picture"])


def test_colours_are_distinct_and_background_is_black() -> None:
    """Catches two classes that a model could not tell apart, without needing the recordings."""
    table = label_table()[[0, *range(1, 22), 255]]
    assert len({tuple(row) for row in table.tolist()}) == 23
    assert table[0].tolist() == [0, 0, 0]
    assert table[-1].tolist() == [92, 0, 255]


def test_unknown_labels_are_named() -> None:
    """Catches labels that would silently be painted as background."""
    with pytest.raises(ValueError, match=r"\[22, 253\]"):
        segmentation_picture(np.array([[0, 22], [253, 255]], np.uint8))


def test_look_up_equals_indexing() -> None:
    """Catches channel or reshape errors of the fast path."""
    values = np.random.default_rng(0).integers(0, 256, (3, 5, 7), dtype=np.uint8)
    table = np.random.default_rng(1).integers(0, 256, (256, 3), dtype=np.uint8)
    np.testing.assert_array_equal(look_up(values, table), table[values])


def test_inferno_runs_from_dark_to_bright() -> None:
    """Catches a reversed or BGR colour map: near must be light yellow, far dark violet."""
    table = inferno_table().astype(int)
    assert (np.diff(table.sum(1)) >= -3).all()
    assert table[0].tolist() == [0, 0, 4]
    assert table[255, 0] > 240
    assert table[128, 0] > table[128, 2]
