"""The configuration's hand is the hand that is used."""

from pathlib import Path

import pytest

from pam_models.hand.free_hand import free_hand
from pam_models.hand.model import BadHandFile
from tasks.config import load_config
from tasks.hands import resolve_hand


def test_the_free_hand_is_the_default_on_both_sides() -> None:
    """Catches a side that is ignored."""
    config = load_config("demo")
    assert resolve_hand(config, "right").sha256() == free_hand("right").sha256()
    assert resolve_hand(config, "left").side == "left"


def test_a_missing_mano_file_is_named(tmp_path: Path) -> None:
    """Catches a silent fall back to the free hand where MANO was asked for."""
    config = load_config("demo", assignments=[f"hand.mano_dir={tmp_path}"])
    with pytest.raises(BadHandFile, match="MANO_RIGHT"):
        resolve_hand(config, "right")
