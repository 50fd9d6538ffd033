"""The inner loops of skinning: blend shapes and the weighted sum of joint transforms, for many hands.

Sums run in one fixed order, so a hand's vertices are the same to the bit whatever the batch it stands in, the number of
threads, and the width of the machine's vectors. Products may be fused into sums where the processor can.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pam_models.hand.wide_sums import HANDS, LANES, TERMS, VECTORS, add_products, move_vertices

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

_BLOCK = LANES * VECTORS


@njit(cache=True, nogil=True, error_model="numpy")
def add_basis(start: F32, coefficients: F32, basis: F32, sums: F32) -> None:
    """sums (B, N) = start (1 or B, N) + coefficients (B, K) @ basis (K, N), with N a multiple of 48."""
    batch, count = coefficients.shape
    factors = np.zeros((batch, (count + TERMS - 1) // TERMS * TERMS), np.float32)
    factors[:, :count] = coefficients
    last, own = batch - 1, start.shape[0] - 1
    for low in range(0, sums.shape[1], _BLOCK):
        for first in range(0, batch, HANDS):
            # Hands past the last one repeat it, for nothing.
            a, b = first, min(first + 1, last)
            c, d = min(first + 2, last), min(first + 3, last)
            starts = (min(a, own), min(b, own), min(c, own), min(d, own))
            add_products(start, starts, factors, (a, b, c, d), basis, sums, low)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def chain_joints(turns: F32, rest: F32, parents: I32, places: F32, moves: F32) -> None:
    """Posed joints and the transforms that skinning blends.

    turns (B, 16, 3, 3) local rotations, rest (1 or B, 16, 3). Writes places (B, 16, 3), and moves (B, 16, 12), rows of
    3 x 4 matrices that take rest points to posed ones.
    """
    world = np.empty((turns.shape[1], 3, 3), np.float32)
    for b in range(turns.shape[0]):
        joints = rest[min(b, rest.shape[0] - 1)]
        for j in range(turns.shape[1]):
            p = parents[j]
            for row in range(3):
                if j == 0:
                    world[0, row] = turns[b, 0, row]
                    places[b, 0, row] = joints[0, row]
                    continue
                place = places[b, p, row]
                for k in range(3):
                    place += world[p, row, k] * (joints[j, k] - joints[p, k])
                    world[j, row, k] = (
                        world[p, row, 0] * turns[b, j, 0, k]
                        + world[p, row, 1] * turns[b, j, 1, k]
                        + world[p, row, 2] * turns[b, j, 2, k]
                    )
                places[b, j, row] = place
            for row in range(3):
                shift = places[b, j, row]
                for k in range(3):
                    moves[b, j, 4 * row + k] = world[j, row, k]
                    shift -= world[j, row, k] * joints[j, k]
                moves[b, j, 4 * row + 3] = shift


@njit(cache=True, nogil=True, error_model="numpy")
def blend(moves: F32, weights: F32, posed: F32, transl: F32, vertices: F32) -> None:
    """Move each vertex by the weighted sum of its joints' transforms, then by `transl` (B, 3).

    moves (B, 16, 12), weights (16, N), posed (B, 3 N): all x, then all y, then all z, with N >= V a multiple of 16.
    Writes vertices (B, V, 3).
    """
    batch, numbers = vertices.shape[0], 3 * vertices.shape[1]
    transforms, flat = moves.reshape(batch, -1), vertices.reshape(1, -1)
    rest = np.empty((1, _BLOCK), np.float32)
    for low in range(0, weights.shape[1], LANES):
        width = min(_BLOCK, numbers - 3 * low)
        for b in range(batch):
            at = b * numbers + 3 * low
            if width == _BLOCK:
                move_vertices(transforms, b, weights, posed, low, transl, flat, at)
            else:
                move_vertices(transforms, b, weights, posed, low, transl, rest, 0)
                flat[0, at : at + width] = rest[0, :width]
