"""The rasteriser against an independent ray caster, and its own stated rules."""

import cv2
import numpy as np
import pytest
import trimesh

from pam_models.conditions.camera import intrinsics
from pam_models.conditions.rasterise import rasterise, rasterise_frames, rasterise_into, rasterise_labels
from pam_models.conditions.triangles import NEAR_M

HEIGHT, WIDTH = 45, 60
K = intrinsics(55.0, WIDTH, HEIGHT)


def cast_rays(vertices: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Depth (inf = nothing) and face of each pixel by solving p0 + b e1 + c e2 = z ray for every pixel and face."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    rays = np.stack([columns, rows, np.ones_like(rows)], -1).reshape(-1, 3) @ np.linalg.inv(K.astype(np.float64)).T
    corners = vertices.astype(np.float32).astype(np.float64)[faces]
    nearest, owner = np.full(len(rays), np.inf), np.full(len(rays), -1)
    for index, (p0, p1, p2) in enumerate(corners):
        normal = np.cross(p1 - p0, p2 - p0)
        with np.errstate(divide="ignore", invalid="ignore"):
            z = (normal @ p0) / (rays @ normal)
        hit = rays * z[:, None]
        weights = [np.cross(b - a, hit - a) @ normal for a, b in ((p0, p1), (p1, p2), (p2, p0))]
        inside = np.min(weights, axis=0) >= 0
        closer = inside & (z >= NEAR_M) & (z < nearest)
        nearest[closer], owner[closer] = z[closer], index
    return nearest.reshape(HEIGHT, WIDTH), owner.reshape(HEIGHT, WIDTH)


def _soup(seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    centres = rng.uniform([-0.5, -0.4, 0.4], [0.5, 0.4, 1.5], (count, 1, 3))
    return (centres + rng.normal(0, 0.12, (count, 3, 3))).reshape(-1, 3), np.arange(3 * count).reshape(-1, 3)


def _assert_same(vertices: np.ndarray, faces: np.ndarray) -> None:
    expected, owner = cast_rays(vertices, faces)
    zbuffer = rasterise(vertices, faces, K, HEIGHT, WIDTH)
    seen, wanted = zbuffer.face_id >= 0, np.isfinite(expected)
    assert wanted.any()
    assert (seen & wanted).sum() / (seen | wanted).sum() >= 0.999
    both = seen & wanted & (zbuffer.face_id == owner)
    assert both.sum() >= 0.999 * wanted.sum()
    assert np.abs(zbuffer.depth_m[both] - expected[both]).max() < 1e-4
    assert (zbuffer.depth_m[~seen] == 0).all()


@pytest.mark.parametrize("seed", range(3))
def test_triangle_soup_equals_ray_casting(seed: int) -> None:
    """Catches wrong sample points, affine depth, culling by winding, and any error of order or coverage."""
    _assert_same(*_soup(seed, 40))


def test_closed_mesh_equals_ray_casting() -> None:
    """Catches cracks between the small triangles of a mesh."""
    ball = trimesh.creation.icosphere(3, 0.2)
    _assert_same(ball.vertices + np.array([0.05, -0.03, 0.6]), ball.faces)


def test_triangles_through_the_camera_plane_are_clipped() -> None:
    """Catches triangles with corners behind the camera being dropped or turned inside out."""
    vertices = np.array(
        [[-0.5, 0.3, -0.4], [0.6, 0.25, -0.2], [0.1, 0.2, 2.0], [-0.9, -0.4, 1.5], [0.3, -0.3, -0.5], [0, -0.1, 1]]
    )
    _assert_same(vertices, np.array([[0, 1, 2], [3, 4, 5]]))


def test_nothing_is_seen_of_what_lies_behind() -> None:
    """Catches mirrored pictures of geometry behind the camera."""
    vertices, faces = _soup(0, 10)
    zbuffer = rasterise(vertices * [1, 1, -1], faces, K, HEIGHT, WIDTH)
    assert not zbuffer.depth_m.any()
    assert (zbuffer.face_id == -1).all()


def test_a_shared_edge_through_pixel_centres_is_drawn_once() -> None:
    """Catches a fill rule that draws such pixels twice or never: edges here run exactly through pixel centres."""
    identity = np.eye(3)
    rng = np.random.default_rng(2)
    for _ in range(20):
        centre = rng.integers(8, 16, 2)
        ring = np.array([[2, 2], [20, 3], [21, 21], [3, 19]])[rng.permutation(4)[0] :]
        points = np.concatenate([[centre], ring, np.array([[2, 2], [20, 3], [21, 21], [3, 19]])[: 4 - len(ring)]])
        vertices = np.column_stack([points, np.ones(5)]).astype(float)
        fan = np.array([[0, 1 + k, 1 + (k + 1) % 4] for k in range(4)])
        counts = sum((rasterise(vertices, face[None], identity, 24, 24).face_id >= 0).astype(int) for face in fan)
        whole = rasterise(vertices, np.array([[1, 2, 3], [1, 3, 4]]), identity, 24, 24).face_id >= 0
        assert counts.max() == 1
        np.testing.assert_array_equal(counts == 1, whole)


def test_equal_depth_goes_to_the_lower_face() -> None:
    """Catches an order that depends on how triangles are visited."""
    vertices = np.array([[-1, -1, 1], [1, -1, 1], [0, 1, 1]], float)
    zbuffer = rasterise(vertices, np.array([[0, 1, 2], [2, 1, 0], [1, 2, 0]]), K, HEIGHT, WIDTH)
    assert set(np.unique(zbuffer.face_id)) <= {-1, 0}
    assert (zbuffer.face_id == 0).any()


def test_frames_equal_single_pictures_and_buffers_forget() -> None:
    """Catches state that leaks from one frame into the next."""
    vertices, faces = _soup(5, 20)
    moving = np.stack(
        [vertices, vertices + np.array([0.1, 0, 0]), vertices + np.array([0, 0, 5]), vertices * [1, 1, -1]]
    ).astype(np.float32)
    frames = rasterise_frames(moving, faces, K, HEIGHT, WIDTH)
    depth, face_id = np.full((HEIGHT, WIDTH), 7, np.float32), np.full((HEIGHT, WIDTH), 7, np.int32)
    for t, frame in enumerate(moving):
        single = rasterise(frame, faces, K, HEIGHT, WIDTH)
        rasterise_into(frame, faces.astype(np.int32), K, depth, face_id)
        for picture in (single.depth_m, depth):
            np.testing.assert_array_equal(picture, frames.depth_m[t])
        for picture in (single.face_id, face_id):
            np.testing.assert_array_equal(picture, frames.face_id[t])


def test_labels_are_those_of_the_faces_seen() -> None:
    """Catches labels of another face, and pixels of an earlier picture left in the buffers."""
    vertices, faces = _soup(6, 60)
    moving = np.stack([vertices, vertices + np.array([0.3, 0.1, 0.2]), vertices * [1, 1, -1]]).astype(np.float32)
    of_face = (np.arange(len(faces)) % 250 + 1).astype(np.uint8)
    frames = rasterise_frames(moving, faces, K, HEIGHT, WIDTH)
    depth, labels = np.full((3, HEIGHT, WIDTH), 7, np.float32), np.full((3, HEIGHT, WIDTH), 7, np.uint8)
    rasterise_labels(moving, faces, of_face, K, depth, labels)
    np.testing.assert_array_equal(depth, frames.depth_m)
    np.testing.assert_array_equal(labels, np.where(frames.face_id >= 0, of_face[frames.face_id], 0))
    with pytest.raises(ValueError, match="a label for each of 60 faces"):
        rasterise_labels(moving, faces, of_face[1:], K, depth, labels)


def test_threads_and_the_side_of_a_surface_change_nothing() -> None:
    """Catches frames that depend on who draws them, and far sides drawn over near ones or left out where seen."""
    rng = np.random.default_rng(3)
    ball, bowl = trimesh.creation.icosphere(4, 0.3), trimesh.creation.icosphere(4, 0.25)
    open_bowl = bowl.faces[bowl.vertices[bowl.faces][:, :, 2].mean(1) > -0.05]
    faces = np.concatenate([ball.faces, open_bowl + len(ball.vertices)])
    places = np.array([[0.4, 0, 0.9], [-0.3, 0, 0.9]])
    points = np.concatenate([ball.vertices + places[0], bowl.vertices + places[1]])
    moving = (points + rng.normal(0, 0.05, (8, 1, 3))).astype(np.float32)
    matrix = intrinsics(60.0, 640, 480)
    threads = cv2.getNumThreads()
    cv2.setNumThreads(3)
    try:
        frames = rasterise_frames(moving, faces, matrix, 480, 640)
        turned = rasterise_frames(moving, faces[:, ::-1], matrix, 480, 640)
    finally:
        cv2.setNumThreads(threads)
    np.testing.assert_array_equal(frames.face_id, turned.face_id)
    for t in (0, 7):
        np.testing.assert_array_equal(rasterise(moving[t], faces, matrix, 480, 640).depth_m, frames.depth_m[t])


def test_misfitting_meshes_are_refused() -> None:
    """Catches reads outside the vertex array, which compiled code would do silently."""
    with pytest.raises(ValueError, match="the mesh has 3"):
        rasterise(np.zeros((3, 3)), np.array([[0, 1, 3]]), K, 4, 4)
    with pytest.raises(ValueError, match="the mesh has 3"):
        rasterise(np.zeros((3, 3)), np.array([[0, 1, -1]]), K, 4, 4)
    with pytest.raises(ValueError, match=r"vertices \(T, V, 3\)"):
        rasterise(np.zeros((3, 2)), np.array([[0, 1, 2]]), K, 4, 4)
    with pytest.raises(ValueError, match=r"faces \(F, 3\)"):
        rasterise(np.zeros((3, 3)), np.array([0, 1, 2]), K, 4, 4)
