"""The process that splits one mesh: npz with vertices and faces in, npz with the points of convex hulls out.

Its argument is how many seconds of processor time it may take: a limit that does not depend on the machine's load.
"""

import io
import os
import resource
import sys

import numpy as np

# Chosen for a second or two of one core on meshes of 3000 triangles: a coarse manifold and a short tree search.
SETTINGS: dict[str, float] = {
    "threshold": 0.1,
    "max_convex_hull": 20,
    "preprocess_resolution": 20,
    "resolution": 200,
    "mcts_nodes": 8,
    "mcts_iterations": 20,
    "mcts_max_depth": 1,
    "max_ch_vertex": 48,
    "seed": 1,
}


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
    with answer_to:
        np.savez(answer_to, points=np.concatenate([points for points, _ in split]), ends=ends)


if __name__ == "__main__":
    main()
