"""Skeletons: the published bits at 480 rows, and pictures of other sizes."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from pam_models.conditions.skeleton import BONES, DEXYCB, OAKINK2, draw_skeleton


def _open_hand(scale: float, origin: tuple[float, float]) -> np.ndarray:
    """Five straight fingers, fanned out from the wrist."""
    joints = [np.zeros(2)]
    for finger in range(5):
        direction = np.array([np.cos(0.5 * finger - 1), np.sin(0.5 * finger - 1)])
        joints += [direction * reach for reach in (40, 60, 75, 88)]
    return np.array(joints) * scale + origin


@pytest.mark.parametrize("hand", ["00", "01", "02"])
def test_picture_is_bit_equal_to_the_published_one(shared_data: Path, hand: str) -> None:
    """Catches any change of colour, order, rounding or width: the weights were trained on these bits."""
    vectors = load_file(shared_data / "conformance" / "conditions-dexycb.safetensors")
    pixels, points = vectors[f"{hand}.joints_px"], vectors[f"{hand}.joints_m"]
    np.testing.assert_array_equal(draw_skeleton(pixels, points, 480, 640), vectors[f"{hand}.picture"])
    np.testing.assert_array_equal(draw_skeleton(pixels, None, 480, 640), vectors[f"{hand}.picture_without_3d"])


def test_bones_form_five_fingers_from_the_wrist() -> None:
    """Catches a bone list that crosses fingers, without needing the recordings."""
    assert BONES[:5] == ((0, 1), (1, 2), (2, 3), (3, 4), (0, 5))
    assert [parent for parent, _ in BONES].count(0) == 5
    assert sorted(child for _, child in BONES) == list(range(1, 21))


def test_order_follows_depth() -> None:
    """Catches a hand drawn back to front: where two fingers cross, the order decides the colour."""
    pixels = _open_hand(2.0, (300.0, 240.0))
    pixels[17:21] = pixels[1:5] + 3.0
    points = np.zeros((21, 3))
    points[0, 2] = -1
    forward, backward = (draw_skeleton(pixels, depth, 480, 640) for depth in (-points, points))
    np.testing.assert_array_equal(forward, draw_skeleton(pixels, None, 480, 640))
    assert (forward != backward).any()


def test_small_pictures_stay_legible_and_in_place() -> None:
    """Catches strokes that vanish at 96 rows, and a shift between the drawing grid and the picture."""
    pixels = _open_hand(0.5, (40.0, 50.0))
    picture = draw_skeleton(pixels, None, 96, 144)
    assert picture.shape == (96, 144, 3)
    for start, end in BONES:
        column, row = np.rint((pixels[start] + pixels[end]) / 2).astype(int)
        assert picture[row, column].max() > 90
    alone = np.full((21, 2), np.nan)
    alone[0] = [40.2, 50.4]
    weight = draw_skeleton(alone, None, 96, 144).max(-1).astype(float)
    columns, rows = np.meshgrid(np.arange(144), np.arange(96))
    assert abs((columns * weight).sum() / weight.sum() - 40.2) < 0.1
    assert abs((rows * weight).sum() / weight.sum() - 50.4) < 0.1


def test_a_hand_that_fills_a_small_picture_keeps_its_palm() -> None:
    """Catches the 150 px limit being scaled down to where it cuts the palm off."""
    pixels = _open_hand(0.9, (20.0, 48.0))
    column, row = np.rint((pixels[0] + pixels[9]) / 2).astype(int)
    assert draw_skeleton(pixels, None, 96, 144)[row, column].any()


def test_missing_joints_leave_no_mark() -> None:
    """Catches the blob in the corner that absent hands left in the published pictures."""
    pixels = _open_hand(1.0, (300.0, 200.0))
    assert not draw_skeleton(np.full((21, 2), np.nan), None, 480, 640).any()
    pixels[4] = [np.nan, np.inf]
    far = pixels.copy()
    far[4] = [1e9, -1e9]
    picture = draw_skeleton(pixels, None, 480, 640)
    assert picture.any()
    np.testing.assert_array_equal(picture, draw_skeleton(far, None, 480, 640))


def test_hands_of_oakink2_have_colours_of_their_own() -> None:
    """Catches saturation where the OakInk2 weights saw colours wrap round, thick strokes, and exchanged sides."""
    assert OAKINK2["right"].colour(4) == (255, 85, 85)
    assert OAKINK2["right"].colour(1) == (34, 35, 35)
    assert OAKINK2["left"].colour(0) == DEXYCB.colour(0) == (139, 53, 255)
    assert OAKINK2["left"].colour(1) == (174, 88, 34)
    assert DEXYCB.colour(1) == (174, 88, 255)
    pixels = _open_hand(2.0, (200.0, 240.0))
    wide, thin = (draw_skeleton(pixels, None, 480, 640, style) for style in (DEXYCB, OAKINK2["left"]))
    assert 0.5 < thin.any(-1).sum() / wide.any(-1).sum() < 0.85
