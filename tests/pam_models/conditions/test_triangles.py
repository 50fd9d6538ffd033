"""The filling of triangles, where the rasteriser's tests do not reach: windows, packing and what is left out."""

import numpy as np

from pam_models.conditions.triangles import draw_mesh, height_of, stride_of, tag_of, touched_box


def _draw(screen: np.ndarray, faces: np.ndarray, top: int, left: int, rows: int, columns: int) -> np.ndarray:
    """The window's numbers (rows, columns), without the padding."""
    window = np.full(rows * stride_of(columns), 99, np.int64)
    order, tags = np.empty(len(faces), np.int32), np.arange(len(faces), 0, -1).astype(np.int32)
    vertices = np.ones(screen.shape, np.float32)
    draw_mesh(vertices, screen, faces.astype(np.int32), tags, np.eye(3), top, left, rows, columns, window, order)
    return window.reshape(rows, stride_of(columns))[:, :columns]


def _soup(seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    screen = np.random.default_rng(seed).uniform(0, 30, (3 * count, 3))
    screen[:, 2] = 1 + screen[:, 2] / 30
    return np.rint(screen * 65536) / 65536, np.arange(3 * count).reshape(-1, 3)


def test_a_window_is_a_piece_of_the_picture() -> None:
    """Catches an offset that is lost on one axis or in the depth plane, and padding that leaks into the next row."""
    screen, faces = _soup(0, 30)
    whole, window = _draw(screen, faces, 0, 0, 31, 31), _draw(screen, faces, 7, 5, 12, 20)
    assert (window > 0).any()
    assert [tag_of(n) for n in window.ravel()] == [tag_of(n) for n in whole[7:19, 5:25].ravel()]
    heights = np.array([height_of(n) for n in window.ravel()]) - [height_of(n) for n in whole[7:19, 5:25].ravel()]
    assert np.abs(heights).max() < 1e-6


def test_the_order_of_faces_does_not_matter() -> None:
    """Catches hidden triangles that are judged by more, or by less, than the pixels they might win."""
    for seed in range(20):
        screen, faces = _soup(seed, 25)
        both = np.concatenate([faces, faces[:, ::-1]])
        drawn = _draw(screen, both, 0, 0, 31, 31)
        assert (tag_of(drawn[drawn > 0]) > 25).all()
        alone = _draw(screen, faces, 0, 0, 31, 31)
        np.testing.assert_array_equal(drawn, np.where(alone > 0, alone + 25, 0))


def test_the_highest_wins_then_the_greatest_tag() -> None:
    """Catches packing that lets the tag outweigh the height."""
    flat = np.array([[0, 0, 1.0], [8, 0, 1.0], [0, 8, 1.0]])
    high = flat * [1, 1, 1.5]
    window = _draw(np.concatenate([flat, high, high[::-1]]), np.arange(9).reshape(3, 3), 0, 0, 9, 9)
    assert tag_of(window[1, 1]) == 2
    assert height_of(window[1, 1]) == 1.5
    assert window[8, 8] == 0


def test_triangles_between_pixel_centres_cover_nothing() -> None:
    """Catches a box that is rounded outward, which would draw slivers where no centre is."""
    screen = np.array([[1.2, 1.2, 1], [1.8, 1.3, 1], [1.4, 1.9, 1], [3.5, 1.5, 1], [1.9, 2.6, 1]], float)
    assert not _draw(screen, np.array([[0, 1, 2], [0, 3, 2]]), 0, 0, 10, 10).any()
    assert np.argwhere(_draw(screen, np.array([[0, 3, 4]]), 0, 0, 10, 10)).tolist() == [[2, 2]]


def test_huge_triangles_cover_what_they_cover() -> None:
    """Catches rows of a span that overflow, which would write outside the window, and spans cut by a coarse bound."""
    far = 1e12
    screen = np.array([[-far, -far, 1], [far, 3 - 1e-4, 1], [-far, far, 1], [far, -far, 1], [far, 3, 1]])
    assert (_draw(screen, np.array([[0, 1, 2]]), 0, 0, 40, 40) > 0).all()
    assert not _draw(screen, np.array([[3, 4, 1]]), 0, 0, 40, 40).any()
    half = np.array([[-1e6, -1e6 + 20.5, 1], [1e6, 1e6 + 20.5, 1], [-1e6, 1e6, 1]])
    rows, columns = np.mgrid[0:40, 0:40]
    np.testing.assert_array_equal(_draw(half, np.array([[0, 1, 2]]), 0, 0, 40, 40) > 0, rows > columns + 20.5)
    np.testing.assert_array_equal(
        _draw(half[:, [1, 0, 2]], np.array([[0, 1, 2]]), 0, 0, 40, 40) > 0, columns > rows + 20.5
    )


def test_the_box_holds_the_mesh_or_the_whole_picture() -> None:
    """Catches a box that loses a border, and one that trusts vertices before the near plane."""
    screen = np.array([[1.2, 2.6, 1], [4.0, 3.1, 1], [2.0, 5.9, 1]])
    assert touched_box(screen, 10, 20) == (3, 5, 2, 4)
    assert touched_box(screen + np.array([18, 0, 0]), 10, 20) == (3, 5, 20, 19)
    screen[1, 2] = 0
    assert touched_box(screen, 10, 20) == (0, 9, 0, 19)
