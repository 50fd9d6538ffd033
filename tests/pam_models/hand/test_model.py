import dataclasses

import numpy as np
import pytest

from pam_models.hand.model import PARENTS, BadHandFile, HandModel


def test_digest_follows_every_array_and_name(hand: HandModel) -> None:
    """Catches ids that stay the same when the hand changes."""
    seen = {hand.sha256()}
    for field in dataclasses.fields(HandModel):
        value = getattr(hand, field.name)
        if isinstance(value, np.ndarray):
            changed = value.copy()
            changed.flat[3] = changed.flat[3] + (1 if changed.dtype.kind == "i" else 0.25)
            seen.add(dataclasses.replace(hand, **{field.name: changed}).sha256())
    seen.add(dataclasses.replace(hand, name="other").sha256())
    seen.add(dataclasses.replace(hand, license_tags=("x",)).sha256())
    arrays = sum(isinstance(getattr(hand, f.name), np.ndarray) for f in dataclasses.fields(HandModel))
    assert len(seen) == arrays + 3


def test_digest_is_that_of_the_content_alone(hand: HandModel) -> None:
    """Catches a digest that depends on memory layout or on the object."""
    turned = np.asfortranarray(hand.posedirs)
    assert dataclasses.replace(hand, posedirs=turned).sha256() == hand.sha256()


def test_arrays_cannot_be_changed_in_place(hand: HandModel) -> None:
    """Catches a cached hand that one caller spoils for all."""
    with pytest.raises(ValueError, match="read-only"):
        hand.v_template[0, 0] = 1.0


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("weights", np.zeros((778, 15)), r"weights has shape \(778, 15\); it must be \(778, 16\)"),
        ("v_template", np.full((778, 3), np.nan), "v_template holds values that are not finite"),
        ("faces", np.full((4, 3), 778), "faces names vertices outside 0..777"),
        ("side", "both", "'right' or 'left'"),
    ],
)
def test_malformed_hand_is_refused_with_a_clear_line(hand: HandModel, name: str, value: object, words: str) -> None:
    """Catches a broken file that would only fail deep inside skinning."""
    with pytest.raises(BadHandFile, match=words):
        dataclasses.replace(hand, **{name: value})  # type: ignore[arg-type]


def test_parents_are_those_of_five_chains() -> None:
    """Catches a joint tree in another finger order or length."""
    assert PARENTS == (-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 0, 10, 11, 0, 13, 14)
