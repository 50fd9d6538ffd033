"""Peers of the rasteriser: ray casters and an OpenGL renderer that give depth and labels of the same pictures.

Each is used as its documentation shows, kept warm, and given everything that can be prepared outside the loop; meshes
that deform are handed over anew for every frame, because that is what a moving hand needs.
"""

import os
from collections.abc import Callable

import numpy as np
from jaxtyping import Float32, Int32, UInt8

os.environ.setdefault("PYOPENGL_PLATFORM", "egl")

Picture = tuple[Float32[np.ndarray, "H W"], UInt8[np.ndarray, "H W"]]
Draw = Callable[[Float32[np.ndarray, "V 3"]], Picture]
MakePeer = Callable[[Int32[np.ndarray, "F 3"], UInt8[np.ndarray, " F"], np.ndarray, int, int], Draw]


def pixel_rays(K: np.ndarray, height: int, width: int) -> Float32[np.ndarray, "N 3"]:
    """Rays with z = 1 through pixel centres (whole numbers), so that their length parameter is the depth."""
    rows, columns = np.mgrid[0:height, 0:width]
    pixels = np.stack([columns, rows, np.ones_like(rows)], -1).reshape(-1, 3)
    return np.ascontiguousarray(pixels @ np.linalg.inv(K.astype(np.float64)).T, np.float32)


def embree(faces: np.ndarray, labels: np.ndarray, K: np.ndarray, height: int, width: int) -> Draw:
    """Embree through embreex, as `trimesh.ray` uses it: one ray through each pixel centre."""
    find = embree_hits(faces, K, height, width)

    def draw(vertices: np.ndarray) -> Picture:
        depth, face = find(vertices)
        return depth, np.where(face >= 0, labels[face], 0).astype(np.uint8)

    return draw


def embree_hits(faces: np.ndarray, K: np.ndarray, height: int, width: int) -> Draw:
    """As `embree`, with the index of the face (-1 = nothing) in place of its label."""
    from embreex import rtcore_scene
    from embreex.mesh_construction import TriangleMesh

    rays = pixel_rays(K, height, width)
    origins = np.zeros_like(rays)

    def find(vertices: np.ndarray) -> Picture:
        scene = rtcore_scene.EmbreeScene()
        TriangleMesh(scene, vertices[faces])
        hit = scene.run(origins, rays, query="INTERSECT", output=True)
        face = hit["primID"].reshape(height, width)
        return np.where(face >= 0, hit["tfar"].reshape(height, width), 0).astype(np.float32), face

    return find


def open3d(faces: np.ndarray, labels: np.ndarray, K: np.ndarray, height: int, width: int) -> Draw:
    """Open3D's `RaycastingScene` (its offscreen renderer needs Vulkan or a window)."""
    import open3d as o3d

    core = o3d.core
    rays = pixel_rays(K, height, width).reshape(height, width, 3)
    rays = core.Tensor(np.concatenate([np.zeros_like(rays), rays], -1))
    triangles = core.Tensor(faces.astype(np.uint32))

    def draw(vertices: np.ndarray) -> Picture:
        scene = o3d.t.geometry.RaycastingScene()
        scene.add_triangles(core.Tensor(vertices), triangles)
        hit = scene.cast_rays(rays)
        face, depth = hit["primitive_ids"].numpy(), hit["t_hit"].numpy()
        seen = face != scene.INVALID_ID
        return np.where(seen, depth, 0), np.where(seen, labels[np.where(seen, face, 0)], 0).astype(np.uint8)

    return draw


def pyrender(faces: np.ndarray, labels: np.ndarray, K: np.ndarray, height: int, width: int) -> Draw:
    """Pyrender offscreen through EGL: one pass with flat colours gives segmentation and depth."""
    import pyrender as pr

    renderer = pr.OffscreenRenderer(width, height)
    camera = pr.IntrinsicsCamera(K[0, 0], K[1, 1], K[0, 2] + 0.5, K[1, 2] + 0.5, znear=0.05, zfar=10.0)
    to_gl = np.diag([1.0, -1.0, -1.0, 1.0])
    kinds = [int(label) for label in np.unique(labels)]

    def draw(vertices: np.ndarray) -> Picture:
        scene = pr.Scene()
        scene.add(camera, pose=to_gl)
        colours = {}
        for kind in kinds:
            primitive = pr.Primitive(positions=vertices, indices=faces[labels == kind])
            colours[scene.add(pr.Mesh([primitive]))] = (kind, 0, 0)
        flags = pr.RenderFlags.SEG | pr.RenderFlags.SKIP_CULL_FACES
        colour, depth = renderer.render(scene, flags=flags, seg_node_map=colours)
        return depth, colour[..., 0]

    return draw


PEERS: dict[str, MakePeer] = {"embreex": embree, "Open3D": open3d, "pyrender (EGL)": pyrender}
