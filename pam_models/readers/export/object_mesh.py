"""Object meshes as Wavefront OBJ."""

import numpy as np
from jaxtyping import Float, Int


def obj_bytes(vertices: Float[np.ndarray, "V 3"], faces: Int[np.ndarray, "F 3"]) -> bytes:
    """A mesh (metres) as OBJ text, to the micrometre; faces count from 1 there."""
    lines = [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in vertices.astype(np.float64).tolist()]
    lines += [f"f {a} {b} {c}" for a, b, c in (np.asarray(faces, np.int64) + 1).tolist()]
    return ("\n".join(lines) + "\n").encode()
