"""The inner loops of skinning: blend shapes and the weighted sum of joint transforms, for many hands.

Sums run in one fixed order, so a hand's vertices are the same to the bit whatever the batch it stands in, the number of
threads, and the width of the machine's vectors. Products may be fused into sums where the processor can.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

# Numbers of a basis vector that are worked on at a time, so that all basis vectors' share stays in the cache.
_BLOCK = 256
_TOGETHER = 4
_VERTICES = 128


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def add_basis(start: F32, coefficients: F32, basis: F32, sums: F32) -> None:
    """sums (B, N) = start (1 or B, N) + coefficients (B, K) @ basis (K, N)."""
    batch, length = sums.shape
    part = np.empty(_TOGETHER * _BLOCK, np.float32)
    for low in range(0, length, _BLOCK):
        width = min(_BLOCK, length - low)
        for first in range(0, batch, _TOGETHER):
            together = min(_TOGETHER, batch - first)
            for n in range(together):
                part[n * _BLOCK : n * _BLOCK + width] = start[min(first + n, start.shape[0] - 1), low : low + width]
            for k in range(0, basis.shape[0], _TOGETHER):
                _add_four(part, coefficients, first, basis, k, low, width)
            for n in range(together):
                sums[first + n, low : low + width] = part[n * _BLOCK : n * _BLOCK + width]


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _four(coefficients: F32, hand: int, k: int) -> tuple[np.float32, np.float32, np.float32, np.float32]:
    """Four coefficients of a hand, 0 past the last one."""
    row, zero, count = coefficients[min(hand, coefficients.shape[0] - 1)], np.float32(0.0), coefficients.shape[1]
    return (
        row[k],
        row[k + 1] if k + 1 < count else zero,
        row[k + 2] if k + 2 < count else zero,
        row[k + 3] if k + 3 < count else zero,
    )


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _add_four(part: F32, coefficients: F32, first: int, basis: F32, k: int, low: int, width: int) -> None:
    """Add four basis vectors to four hands; hands and vectors past the last one repeat it, the vectors for nothing."""
    last = basis.shape[0] - 1
    v0, v1 = basis[k, low : low + width], basis[min(k + 1, last), low : low + width]
    v2, v3 = basis[min(k + 2, last), low : low + width], basis[min(k + 3, last), low : low + width]
    a0, a1, a2, a3 = _four(coefficients, first, k)
    b0, b1, b2, b3 = _four(coefficients, first + 1, k)
    d0, d1, d2, d3 = _four(coefficients, first + 2, k)
    e0, e1, e2, e3 = _four(coefficients, first + 3, k)
    for i in range(width):
        part[i] += a0 * v0[i] + a1 * v1[i] + a2 * v2[i] + a3 * v3[i]
        part[_BLOCK + i] += b0 * v0[i] + b1 * v1[i] + b2 * v2[i] + b3 * v3[i]
        part[2 * _BLOCK + i] += d0 * v0[i] + d1 * v1[i] + d2 * v2[i] + d3 * v3[i]
        part[3 * _BLOCK + i] += e0 * v0[i] + e1 * v1[i] + e2 * v2[i] + e3 * v3[i]


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


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def blend(moves: F32, weights: F32, posed: F32, transl: F32, vertices: F32) -> None:
    """Move each vertex by the weighted sum of its joints' transforms, then by `transl` (B, 3).

    moves (B, 16, 12), weights (16, N), posed (B, 3 N): all x, then all y, then all z, with N >= V. Writes
    vertices (B, V, 3).
    """
    count, length = vertices.shape[1], weights.shape[1]
    sums = np.empty((12, _VERTICES), np.float32)
    for low in range(0, count, _VERTICES):
        width = min(_VERTICES, length - low)
        own = np.ascontiguousarray(weights[:, low : low + width])
        for b in range(moves.shape[0]):
            _sum_transforms(moves[b], own, sums)
            x, y = posed[b, low : low + width], posed[b, length + low : length + low + width]
            z = posed[b, 2 * length + low : 2 * length + low + width]
            placed = vertices[b, low : min(low + width, count)]
            for i in range(placed.shape[0]):
                for row in range(3):
                    moved = sums[4 * row, i] * x[i] + sums[4 * row + 1, i] * y[i] + sums[4 * row + 2, i] * z[i]
                    placed[i, row] = moved + (sums[4 * row + 3, i] + transl[b, row])


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _sum_transforms(moves: F32, weights: F32, sums: F32) -> None:
    """sums (12, W) = moves (16, 12) transposed @ weights (16, W): written out, it stays in the registers."""
    w0, w1, w2, w3, w4, w5, w6, w7 = (
        weights[0], weights[1], weights[2], weights[3], weights[4], weights[5], weights[6], weights[7],
    )  # fmt: skip
    w8, w9, w10, w11, w12, w13, w14, w15 = (
        weights[8], weights[9], weights[10], weights[11], weights[12], weights[13], weights[14], weights[15],
    )  # fmt: skip
    for c in range(12):
        line = sums[c]
        m0, m1, m2, m3 = moves[0, c], moves[1, c], moves[2, c], moves[3, c]
        m4, m5, m6, m7 = moves[4, c], moves[5, c], moves[6, c], moves[7, c]
        m8, m9, m10, m11 = moves[8, c], moves[9, c], moves[10, c], moves[11, c]
        m12, m13, m14, m15 = moves[12, c], moves[13, c], moves[14, c], moves[15, c]
        for i in range(weights.shape[1]):
            line[i] = (
                (m0 * w0[i] + m1 * w1[i] + m2 * w2[i] + m3 * w3[i])
                + (m4 * w4[i] + m5 * w5[i] + m6 * w6[i] + m7 * w7[i])
                + (m8 * w8[i] + m9 * w9[i] + m10 * w10[i] + m11 * w11[i])
                + (m12 * w12[i] + m13 * w13[i] + m14 * w14[i] + m15 * w15[i])
            )
