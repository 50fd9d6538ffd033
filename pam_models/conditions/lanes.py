"""Eight pixels at a time, written as vector instructions: what the z-buffer does most.

A compiler turns a loop over eight pixels into vectors only while it does not see that it is that short, and then works
out anew in every row what all rows share. So the vectors are written out; LLVM splits them where a processor has
narrower ones, and every lane gives the bits that a plain loop would give.

A window is a flat array with one number per pixel, the height as a float in its upper half, a tag in its lower one.
Heights are positive, so that a greater number is nearer and drawing is taking the greatest, in whatever order.
"""

# ruff: noqa: ANN401  the compiler hands over objects of its own, whose types are not public

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

LANES = 8

_INT, _LONG = ir.IntType(32), ir.IntType(64)
_DOUBLES, _FLOATS = ir.VectorType(ir.DoubleType(), LANES), ir.VectorType(ir.FloatType(), LANES)
_LONGS, _INTS = ir.VectorType(_LONG, LANES), ir.VectorType(_INT, LANES)
_NUMBERS = ir.Constant(_DOUBLES, [float(k) for k in range(LANES)])


def _fill_block(_: Any, window: Any, at: Any, tag: Any, edges: Any, slopes: Any, starts: Any, plane: Any) -> Any:
    """Draw a tag into the eight pixels of `window` from `at` on, where it is inside three edges and the nearest.

    Lane k is inside edge e where edges[e] >= slopes[e] * (starts[e] + k). `plane` is (height, slope, farthest,
    nearest): its height there is height + slope * (starts[0] + k), kept between the two others, because slivers
    extrapolate their plane badly.
    """
    return types.void(window, types.int64, types.int32, edges, slopes, starts, plane), _emit_fill


def _emit_fill(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    window, at, tag = arguments[:3]
    edges, slopes, starts, plane = (_spread_all(builder, one) for one in arguments[3:])
    places = [builder.fadd(start, _NUMBERS) for start in starts]
    inside = ir.Constant(ir.VectorType(ir.IntType(1), LANES), [1] * LANES)
    for edge, slope, place in zip(edges, slopes, places, strict=True):
        inside = builder.and_(inside, builder.fcmp_ordered(">=", edge, builder.fmul(slope, place)))
    height, slope, farthest, nearest = plane
    height = builder.fadd(height, builder.fmul(slope, places[0]))
    height = builder.select(builder.fcmp_ordered("<", height, farthest), farthest, height)
    height = builder.select(builder.fcmp_ordered(">", height, nearest), nearest, height)
    upper = builder.shl(
        builder.zext(builder.bitcast(builder.fptrunc(height, _FLOATS), _INTS), _LONGS),
        ir.Constant(_LONGS, [32] * LANES),
    )
    number = builder.or_(upper, _spread(builder, builder.zext(tag, _LONG), _LONGS))
    seen = builder.select(inside, number, ir.Constant(_LONGS, [0] * LANES))
    pointer = _pointer(context, builder, signature.args[0], window, at, _LONGS)
    before = builder.load(pointer, align=8)
    builder.store(builder.select(builder.icmp_signed(">", seen, before), seen, before), pointer, align=8)
    return context.get_dummy_value()


def _line_values(_: Any, values: Any, at: Any, slope: Any, first: Any, origin: Any, less: Any) -> Any:
    """values[at + k] = slope * ((first + k) - origin) - less, for eight k."""
    return types.void(values, types.int64, *[types.float64] * 4), _emit_values


def _emit_values(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    values, at = arguments[:2]
    slope, first, origin, less = (_spread(builder, one, _DOUBLES) for one in arguments[2:])
    found = builder.fsub(builder.fmul(slope, builder.fsub(builder.fadd(first, _NUMBERS), origin)), less)
    builder.store(found, _pointer(context, builder, signature.args[0], values, at, _DOUBLES), align=8)
    return context.get_dummy_value()


def _block_hides(_: Any, window: Any, at: Any, number: Any) -> Any:
    """Whether none of the eight pixels of `window` from `at` on is below `number`."""
    return types.boolean(window, types.int64, types.int64), _emit_hides


def _emit_hides(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    window, at, number = arguments
    found = builder.load(_pointer(context, builder, signature.args[0], window, at, _LONGS), align=8)
    below = builder.icmp_signed("<", found, _spread(builder, number, _LONGS))
    return builder.icmp_unsigned("==", builder.bitcast(below, ir.IntType(LANES)), ir.Constant(ir.IntType(LANES), 0))


def _spread_all(builder: Any, numbers: Any) -> list[Any]:
    return [_spread(builder, builder.extract_value(numbers, k), _DOUBLES) for k in range(numbers.type.count)]


def _spread(builder: Any, number: Any, of: Any) -> Any:
    """The number in every lane."""
    one = builder.insert_element(ir.Constant(of, ir.Undefined), number, ir.Constant(_INT, 0))
    return builder.shuffle_vector(one, one, ir.Constant(_INTS, [0] * LANES))


def _pointer(context: Any, builder: Any, kind: Any, array: Any, at: Any, of: Any) -> Any:
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [at]), of.as_pointer())


fill_block: Any = intrinsic(_fill_block)
line_values: Any = intrinsic(_line_values)
block_hides: Any = intrinsic(_block_hides)
