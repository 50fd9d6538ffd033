"""Procedural objects: closed meshes, parts that match them, plausible masses, the same for the same seed."""

import mujoco
import numpy as np
import pytest

from pam_models.conditions.appearance_style import OBJECT_WORDS as PROMPT_WORDS
from pam_models.pose.object_file import open_edges
from pam_models.pose.physics.objects import OBJECT_WORDS, make_object
from pam_models.pose.physics.shapes import ConvexPart
from pam_models.pose.signed_distance import signed_distance


def surface_points(part: ConvexPart) -> np.ndarray:
    """Some points on (or just inside) a part's surface."""
    if part.kind == "mesh":
        return np.asarray(part.points_m)
    directions = np.random.default_rng(0).normal(size=(200, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    if part.kind == "box":
        local = np.sign(directions) * np.asarray(part.size)
    elif part.kind == "sphere":
        local = directions * part.size[0]
    else:
        ring = directions[:, :2] / np.linalg.norm(directions[:, :2], axis=1, keepdims=True)
        local = np.column_stack([ring * part.size[0], np.sign(directions[:, 2]) * part.size[1]])
    turn = np.empty(9)
    mujoco.mju_quat2Mat(turn, np.asarray(part.quat))
    return local @ turn.reshape(3, 3).T + np.asarray(part.pos)


@pytest.mark.parametrize("word", OBJECT_WORDS)
@pytest.mark.parametrize("seed", [0, 1])
def test_parts_lie_in_the_mesh(word: str, seed: int) -> None:
    """Catches collision parts that stand off the visible surface: fingers would float or sink."""
    thing = make_object(word, seed)
    for part in thing.parts:
        outside = signed_distance(surface_points(part), thing.mesh.vertices_m, thing.mesh.faces, reach_m=1.0)
        assert outside.max() < 0.0025


@pytest.mark.parametrize("word", OBJECT_WORDS)
def test_mesh_is_closed_centred_and_heavy_enough(word: str) -> None:
    """Catches holes, an origin off the bounding box's centre, and masses outside 50..500 g."""
    thing = make_object(word, 3)
    assert open_edges(thing.mesh.faces) == 0
    middle = (thing.mesh.vertices_m.min(0) + thing.mesh.vertices_m.max(0)) / 2
    np.testing.assert_allclose(middle, 0, atol=1e-6)
    assert 0.05 <= thing.mass_kg <= 0.5
    assert 1 <= thing.mesh.class_id <= 21
    assert thing.mesh.word in PROMPT_WORDS
    assert thing.rest_height_m == pytest.approx(-thing.mesh.vertices_m[:, 2].min())


def test_seed_decides_the_object() -> None:
    """Catches unseeded randomness and seeds without effect."""
    first, again, other = (make_object("mug", seed).mesh for seed in (4, 4, 5))
    np.testing.assert_array_equal(first.vertices_m, again.vertices_m)
    assert first.name == again.name != other.name
    assert not np.allclose(first.vertices_m.max(0), other.vertices_m.max(0))


def test_class_ids_differ_between_kinds() -> None:
    """Catches two kinds drawn in the same segmentation colour."""
    ids = [make_object(word, 0).mesh.class_id for word in OBJECT_WORDS]
    assert len(set(ids)) == len(ids)


def test_unknown_kind_is_named() -> None:
    """Catches a KeyError instead of a clear line."""
    with pytest.raises(ValueError, match="no procedural object 'sofa'"):
        make_object("sofa", 0)
