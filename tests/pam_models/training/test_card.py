"""The record of a training."""

import json
from pathlib import Path

from pam_models.training.card import TrainingRecord, write_model_card

RECORD = TrainingRecord(
    model="motion", recipe="demo", recipe_sha256="ab" * 32, data={"physics_scenes": 7}, parameters=1_500_000, steps=40,
    declared_steps=100, batch=4, seconds=90.0, figures={"psnr_db": 21.5},
)  # fmt: skip


def test_an_unfinished_training_says_so() -> None:
    """Catches a card that states the declared steps as done."""
    assert "40 of 100 declared steps" in RECORD.markdown()
    assert RECORD.metadata()["steps"] == "40 of 100, batch 4"


def test_the_card_says_what_differs_from_the_paper_and_what_was_measured() -> None:
    """Catches a claim of a frozen base, and figures that are left out."""
    card = RECORD.markdown()
    assert "no pretrained base to freeze" in card
    assert "| psnr_db | 21.5 |" in card
    assert json.loads(RECORD.metadata()["held_out"]) == {"psnr_db": 21.5}
    assert json.loads(RECORD.metadata()["data"]) == {"physics_scenes": 7}


def test_the_model_card_holds_the_sections_that_exist(tmp_path: Path) -> None:
    """Catches a card that waits for models that were not trained, or loses one that was."""
    RECORD.write(tmp_path / "motion" / "card.md")
    write_model_card([tmp_path / "absent.md", tmp_path / "motion" / "card.md"], tmp_path / "MODEL_CARD.md")
    card = (tmp_path / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert card.startswith("# The demo's weights") and "### motion" in card
