"""Held-out clips: never those of the training seed, and made once."""

from pathlib import Path

import pytest

from pam_models.training.data_recipe import SimulatedData
from pam_models.training.frame_store import save_block
from pam_models.training.held_out import unseen_clips
from pam_models.training.recipe import load_recipe
from tests.pam_models.training.conftest import made_up_block


def test_the_training_seed_is_refused(tmp_path: Path) -> None:
    """Catches a held-out figure on objects that were trained on."""
    data = load_recipe("demo").data
    assert isinstance(data, SimulatedData)
    with pytest.raises(ValueError, match="take another"):
        next(unseen_clips(data, 1, data.seed, tmp_path))


def test_clips_that_are_there_are_not_simulated_again(tmp_path: Path) -> None:
    """Catches a benchmark that simulates for minutes what it has, or tries again what was rejected."""
    data = load_recipe("demo").data
    assert isinstance(data, SimulatedData)
    (tmp_path / "held-99-bottle-0000.rejected").write_text("slipped\n")
    save_block(tmp_path, "held-99-mug-0001", made_up_block(1, 9, "mug"))
    found = list(unseen_clips(data, 1, 99, tmp_path))
    assert [name for name, _ in found] == ["held-99-mug-0001"]
