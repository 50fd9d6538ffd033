"""The process that splits one mesh: npz with vertices and faces in, npz with the points of convex hulls out.

Its argument is how many seconds of processor time it may take: a limit that does not depend on the machine's load.
"""

import io
import os
import resource
import sys
from importlib.metadata import version

import numpy as np
from jaxtyping import Float64, Int32
from scipy.spatial import cKDTree

from pam_models.pose.signed_distance import signed_distance

# Chosen for a second or two of one core on meshes of 3000 triangles: a coarse manifold and a short tree search.
SETTINGS: dict[str, float] = {
    "threshold": 0.06,
    "max_convex_hull": 24,
    "preprocess_resolution": 20,
    "resolution": 500,
    "mcts_nodes": 8,
    "mcts_iterations": 20,
    "mcts_max_depth": 1,
    "max_ch_vertex": 48,
    "seed": 1,
}
# Part of the key of kept results: the second number counts changes of `drawn_in`.
METHOD = f"coacd {version('coacd')}, 1, {sorted(SETTINGS.items())}"
# The coarse manifold stands off the mesh by up to this share of the mesh's diagonal.
_STAND_OFF = 0.04
_SAMPLES = 20_000


def main() -> None:
    """Read the mesh from standard input and write its parts to standard output."""
    limit_s = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s + 1))
    # The library prints on standard output, which is where the answer goes.
    answer_to = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    # It is a large import that nobody but this process needs.
    import coacd

    coacd.set_log_level("error")
    with np.load(io.BytesIO(sys.stdin.buffer.read()), allow_pickle=False) as arrays:
        vertices, faces = arrays["vertices"], arrays["faces"]
    split = coacd.run_coacd(coacd.Mesh(vertices, faces), preprocess_mode="auto", decimate=True, **SETTINGS)
    if not split:
        raise SystemExit("it has no inside")
    ends = np.cumsum([len(points) for points, _ in split])
    points = drawn_in(np.concatenate([points for points, _ in split]), vertices, faces)
    with answer_to:
        np.savez(answer_to, points=points, ends=ends)


def drawn_in(
    points: Float64[np.ndarray, "N 3"], vertices: Float64[np.ndarray, "V 3"], faces: Int32[np.ndarray, "F 3"]
) -> Float64[np.ndarray, "N 3"]:
    """Points just outside the mesh, moved onto its surface; others, such as those on cuts between parts, stay."""
    rng = np.random.default_rng(0)
    corners = vertices[faces]
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    chosen = corners[rng.choice(len(faces), _SAMPLES, p=areas / areas.sum())]
    root, share = np.sqrt(rng.random((_SAMPLES, 1))), rng.random((_SAMPLES, 1))
    sampled = (1 - root) * chosen[:, 0] + root * (1 - share) * chosen[:, 1] + root * share * chosen[:, 2]
    surface = np.concatenate([sampled, vertices])
    gaps, nearest = cKDTree(surface).query(points)
    reach = _STAND_OFF * float(np.linalg.norm(np.ptp(vertices, axis=0)))
    outside = signed_distance(points, vertices, faces, reach_m=reach) > 0.0
    return np.where((outside & (gaps < reach))[:, None], surface[nearest], points)


if __name__ == "__main__":
    main()
