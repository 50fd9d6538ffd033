"""The configuration's hand is the hand that is used."""

from pathlib import Path

import numpy as np
import pytest

from pam_models.hand.free_hand import free_hand
from pam_models.hand.model import BadHandFile
from tasks.config import load_config
from tasks.hands import resolve_hand, sides_of
from tests.pam_models.pose.sources.recordings import write_mano


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


@pytest.mark.parametrize(("source", "as_in_file"), [("dexycb", True), ("oakink2", True), ("graspxl", False)])
def test_left_hands_are_those_that_the_source_was_annotated_with(tmp_path: Path, source: str, as_in_file: bool) -> None:
    """Catches the mended left hand under shapes that were fitted with the mistaken one, and the other way round."""
    folder = write_mano(tmp_path)
    config = load_config("demo", assignments=[f"pose.source={source}", "pose.path=x", f"hand.mano_dir={folder}"])
    stored = np.load(folder / "MANO_LEFT.npz")["shapedirs"][:, 0]
    found = resolve_hand(config, "left").shapedirs[:, 0]
    np.testing.assert_array_equal(found, stored if as_in_file else -stored)
    assert sides_of(config) == (("right", "left") if as_in_file else ("right",))
