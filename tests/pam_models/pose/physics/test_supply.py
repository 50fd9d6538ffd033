"""Procedural objects as a supply."""

import numpy as np
import pytest

from pam_models.pose.physics.objects import OBJECT_WORDS
from pam_models.pose.physics.supply import ProceduralObjects
from pam_models.pose.source import BadInput


def test_names_are_the_kinds_asked_for() -> None:
    """Catches kinds that are sorted or lost, and unknown ones that fail only when they are made."""
    assert tuple(ProceduralObjects().names()) == OBJECT_WORDS
    assert tuple(ProceduralObjects(("mug", "box")).names()) == ("mug", "box")
    for wrong in (("sofa",), ()):
        with pytest.raises(ValueError, match="objects must be some of"):
            ProceduralObjects(wrong)


def test_objects_follow_name_and_seed() -> None:
    """Catches a seed that is ignored, and a name of another supply."""
    supply = ProceduralObjects()
    first, again, other = (supply.make("can", seed).mesh.vertices_m for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    with pytest.raises(BadInput, match="sofa"):
        supply.make("sofa", 1)
