"""The filling of triangles, where the rasteriser's tests do not reach: windows and packing."""

import numpy as np

from pam_models.conditions.triangles import face_of, fill_triangles, gather_triangles, height_of, touched_box


def _corners(seed: int, count: int) -> np.ndarray:
    corners = np.random.default_rng(seed).uniform(0, 30, (count, 9))
    corners[:, 2::3] = 1 + corners[:, 2::3] / 30
    return np.rint(corners * 65536) / 65536


def test_a_window_is_a_piece_of_the_picture() -> None:
    """Catches an offset that is lost on one axis or in the depth plane."""
    corners, owners = _corners(0, 30), np.arange(30)
    whole, window = np.empty((31, 31), np.int64), np.full((12, 20), 99, np.int64)
    fill_triangles(corners, owners, 30, 0, 0, whole)
    fill_triangles(corners, owners, 30, 7, 5, window)
    assert (window > 0).any()
    assert [face_of(n) for n in window.ravel()] == [face_of(n) for n in whole[7:19, 5:25].ravel()]
    heights = np.array([height_of(n) for n in window.ravel()]) - [height_of(n) for n in whole[7:19, 5:25].ravel()]
    assert np.abs(heights).max() < 1e-6


def test_the_highest_wins_then_the_lowest_face() -> None:
    """Catches packing that lets the face number outweigh the height."""
    flat = np.array([0, 0, 1.0, 8, 0, 1.0, 0, 8, 1.0])
    corners = np.stack([flat, flat, flat])
    corners[1, 2::3] = 1.5
    corners[2, 2::3] = 1.5
    window = np.empty((9, 9), np.int64)
    fill_triangles(corners, np.array([1_000_000, 9, 4]), 3, 0, 0, window)
    assert face_of(window[1, 1]) == 4
    assert height_of(window[1, 1]) == 1.5
    assert window[8, 8] == 0


def test_gathering_keeps_what_may_cover_a_pixel() -> None:
    """Catches early rejection that loses triangles, or keeps those that fall between pixel centres or outside."""
    screen = np.array(
        [[1.2, 1.2, 1], [1.8, 1.3, 1], [1.4, 1.9, 1], [3.5, 1.5, 1], [40, 40, 1], [50, 41, 1], [41, 50, 1]], float
    )
    faces = np.array([[0, 1, 2], [0, 3, 2], [4, 5, 6]], np.int32)
    corners, owners = np.empty((6, 9)), np.empty(6, np.int64)
    count = gather_triangles(np.ones((7, 3), np.float32), screen, faces, np.eye(3), 10, 10, corners, owners)
    assert owners[:count].tolist() == []
    screen[2, 1] = 2.1
    count = gather_triangles(np.ones((7, 3), np.float32), screen, faces, np.eye(3), 10, 10, corners, owners)
    assert owners[:count].tolist() == [1]
    assert touched_box(corners, count, 10, 10) == (2, 2, 2, 3)
