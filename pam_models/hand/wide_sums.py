"""Sixteen numbers at a time, written as vector instructions: what skinning does most.

What is summed stays in registers from the first to the last term. LLVM splits the vectors where a processor has
narrower ones. Every lane sums in the order that `blending` states; products may be fused into sums.
"""

# ruff: noqa: ANN401  the compiler hands over objects of its own, whose types are not public

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 16
# Vectors and hands that `add_products` works on at a time: 12 sums, 12 parts and 3 factors fit 32 registers.
VECTORS, HANDS, TERMS = 3, 4, 4
_JOINTS, _ENTRIES = 16, 12

_FLOAT, _LONG = ir.FloatType(), ir.IntType(64)
_WIDE = ir.VectorType(_FLOAT, LANES)


def _add_products(
    _: Any, start: Any, starts: Any, coefficients: Any, hands: Any, basis: Any, sums: Any, low: Any
) -> Any:
    """sums[hands[h], low : low + 48] = start[starts[h], low : low + 48] + coefficients[hands[h]] @ basis[:, low ...].

    For four hands; `coefficients` has a multiple of four columns, zero past the last row of `basis`.
    """
    return types.void(start, starts, coefficients, hands, basis, sums, types.int64), _emit_products


def _emit_products(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    kinds = signature.args
    begin, factor, basis, sums = (_Table(context, builder, kinds[k], arguments[k]) for k in (0, 2, 4, 5))
    starts, hands = ([builder.extract_value(arguments[k], h) for h in range(HANDS)] for k in (1, 3))
    low = arguments[6]
    lows = [builder.add(low, _long(LANES * v)) for v in range(VECTORS)]
    with builder.goto_entry_block():
        totals = [[builder.alloca(_WIDE) for _ in lows] for _ in hands]
    for h, row in enumerate(totals):
        for v, total in enumerate(row):
            builder.store(begin.wide(starts[h], lows[v]), total)
    last = builder.sub(basis.rows, _long(1))
    with cgutils.for_range_slice(builder, _long(0), factor.columns, _long(TERMS), _LONG) as (k, _):
        parts: list[list[Any]] = [[None] * VECTORS for _ in hands]
        for term in range(TERMS):
            row = builder.add(k, _long(term))
            kept = builder.select(builder.icmp_signed("<", row, last), row, last)
            vectors = [basis.wide(kept, at) for at in lows]
            for h, hand in enumerate(hands):
                number = factor.spread(hand, row)
                for v, vector in enumerate(vectors):
                    parts[h][v] = _plus(builder, parts[h][v], _times(builder, number, vector))
        for h in range(HANDS):
            for v in range(VECTORS):
                builder.store(_plus(builder, builder.load(totals[h][v]), parts[h][v]), totals[h][v])
    for h, hand in enumerate(hands):
        for v, at in enumerate(lows):
            builder.store(builder.load(totals[h][v]), sums.pointer(hand, at), align=4)
    return context.get_dummy_value()


def _move_vertices(
    _: Any, moves: Any, hand: Any, weights: Any, posed: Any, low: Any, transl: Any, placed: Any, at: Any
) -> Any:
    """Sixteen vertices of a hand from `low` on, moved by the weighted sum of its transforms, then by `transl`.

    moves (B, 192) has rows (16 joints, 12 entries), weights (16, N), posed (B, 3 N), transl (B, 3). Writes
    placed[0, at : at + 48], x, y and z in turn.
    """
    long = types.int64
    return types.void(moves, long, weights, posed, long, transl, placed, long), _emit_vertices


def _emit_vertices(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    kinds = signature.args
    moves, weights, posed, transl, placed = (_Table(context, builder, kinds[k], arguments[k]) for k in (0, 2, 3, 5, 6))
    hand, low, at = arguments[1], arguments[4], arguments[7]
    shares = [weights.wide(_long(joint), low) for joint in range(_JOINTS)]
    point = [posed.wide(hand, builder.add(low, builder.mul(weights.columns, _long(axis)))) for axis in range(3)]
    rows = []
    for axis in range(3):
        entries = [_blended(builder, moves, hand, shares, 4 * axis + column) for column in range(4)]
        moved = None
        for entry, place in zip(entries[:3], point, strict=True):
            moved = _plus(builder, moved, _times(builder, entry, place))
        shift = _plus(builder, entries[3], transl.spread(hand, _long(axis)))
        rows.append(_plus(builder, moved, shift))
    for part in range(3):
        _store_part(builder, rows, part, placed.pointer(_long(0), builder.add(at, _long(LANES * part))))
    return context.get_dummy_value()


def _blended(builder: Any, moves: "_Table", hand: Any, shares: list[Any], entry: int) -> Any:
    """Sum of one entry of all joints' transforms, four joints at a time."""
    total = None
    for first in range(0, _JOINTS, TERMS):
        part = None
        for joint in range(first, first + TERMS):
            number = moves.spread(hand, _long(_ENTRIES * joint + entry))
            part = _plus(builder, part, _times(builder, number, shares[joint]))
        total = _plus(builder, total, part)
    return total


def _store_part(builder: Any, rows: list[Any], part: int, pointer: Any) -> None:
    """The sixteen numbers from 16 * part on of x0 y0 z0 x1 y1 z1 ..."""
    numbers = range(LANES * part, LANES * (part + 1))
    both = builder.shuffle_vector(rows[0], rows[1], _lanes([n // 3 + LANES * (n % 3 == 1) for n in numbers]))
    mixed = [LANES + n // 3 if n % 3 == 2 else k for k, n in enumerate(numbers)]
    builder.store(builder.shuffle_vector(both, rows[2], _lanes(mixed)), pointer, align=4)


class _Table:
    """A C-ordered array (rows, columns) of float32."""

    def __init__(self, context: Any, builder: Any, kind: Any, value: Any) -> None:
        array = context.make_array(kind)(context, builder, value)
        self.builder, self.data = builder, array.data
        self.rows, self.columns = (builder.extract_value(array.shape, axis) for axis in range(2))

    def pointer(self, row: Any, column: Any) -> Any:
        """Where sixteen numbers begin."""
        return self.builder.bitcast(self._at(row, column), _WIDE.as_pointer())

    def wide(self, row: Any, column: Any) -> Any:
        """Sixteen numbers of a row."""
        return self.builder.load(self.pointer(row, column), align=4)

    def spread(self, row: Any, column: Any) -> Any:
        """One number in every lane."""
        number = self.builder.load(self._at(row, column))
        one = self.builder.insert_element(ir.Constant(_WIDE, ir.Undefined), number, ir.Constant(ir.IntType(32), 0))
        return self.builder.shuffle_vector(one, one, _lanes([0] * LANES))

    def _at(self, row: Any, column: Any) -> Any:
        return self.builder.gep(self.data, [self.builder.add(self.builder.mul(row, self.columns), column)])


def _plus(builder: Any, total: Any, more: Any) -> Any:
    return more if total is None else builder.fadd(total, more, flags=("contract",))


def _times(builder: Any, first: Any, second: Any) -> Any:
    return builder.fmul(first, second, flags=("contract",))


def _long(number: int) -> Any:
    return ir.Constant(_LONG, number)


def _lanes(order: list[int]) -> Any:
    return ir.Constant(ir.VectorType(ir.IntType(32), len(order)), order)


add_products: Any = intrinsic(_add_products)
move_vertices: Any = intrinsic(_move_vertices)
