"""Operands of an elementwise op in other shapes, so that they are broadcast otherwise, or not at all."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradcheck.program.broadcasting import broadcast_against_each_other
from gradcheck.program.ops import ELEMENTWISE, UNARY
from gradcheck.program.queries import is_mask
from gradcheck.program.recording import Op, Recording, Shape
from gradcheck.repair.language import Call, Expression, Input, Own, call


def shape_with(expression: Expression, shape: Shape) -> Shape | None:
    """Return what shape an operand has once it is reshaped, or reduced along an axis; None for anything else."""
    match expression:
        case Input():
            return shape
        case Call(name="transpose", arguments=(one,)):
            before = shape_with(one, shape)
            return None if before is None else before[::-1]
        case Call(name=name, arguments=(one,), settings=(("axis", int() as axis), *kept)):
            before = shape_with(one, shape)
            return None if before is None else _along(name, before, axis, bool(kept))
    return None


def _along(name: str, shape: Shape, axis: int, keeps: bool) -> Shape | None:
    match name:
        case "expand_dims":
            at = axis % (len(shape) + 1)
            return (*shape[:at], 1, *shape[at:])
        case "squeeze":
            return shape[:axis] + shape[axis + 1 :]
        case "reduce_sum" | "reduce_mean":
            return (*shape[:axis], *[1] * keeps, *shape[axis + 1 :])
    return None


def reshaped(op: Op, recording: Recording) -> Iterator[Own]:
    """Yield an elementwise op with one of its operands in another shape, by which the others do not grow."""
    for number in range(len(op.inputs) if op.type in ELEMENTWISE else 0):
        yield from (Own(((number, one),)) for one in _operand(op, number, recording))


def _operand(op: Op, number: int, recording: Recording) -> Iterator[Call]:
    shapes, result = recording.shapes(op.inputs), recording.tensors[op.outputs[0]].shape
    both = broadcast_against_each_other(shapes, result)
    own, others = shapes[number], shapes[:number] + shapes[number + 1 :]
    if own == () or not any(others):
        return  # next to scalars alone no shape is wrong
    if len(set(shapes)) == 1 and not (len(own) == 2 and own[0] == own[1]):
        if _is_row_of_a_matrix(op, recording):
            yield call("expand_dims", Input(number), axis=1)
        return
    for one in (*_variants(Input(number), own), *_in_front(Input(number), others)):
        new = shape_with(one, own)
        fitted = None if new is None else _broadcast([new, *others])
        if fitted is None or (new == own and one.name != "transpose"):
            continue
        if not both or np.prod(fitted, dtype=int) < np.prod(result, dtype=int):
            yield one


def _is_row_of_a_matrix(op: Op, recording: Recording) -> bool:
    """Return whether what `op` gives is an array (k,) that is broadcast against one of shape (k, k)."""
    shape = recording.tensors[op.outputs[0]].shape
    readers = recording.consumers.get(op.outputs[0], ())
    return len(shape) == 1 and any(
        reader.type in ELEMENTWISE and (*shape, *shape) in recording.shapes(reader.inputs)
        for reader in readers
    )


def repeated_beside(number: int, axis: int, recording: Recording) -> Shape | None:
    """Return the shape of what is repeated along an axis of a quantity where both are combined; None for nothing.

    Not that of a mask, which selects, and pairs nothing.
    """
    shape, pending, seen = recording.tensors[number].shape, [number], set[int]()
    while pending:
        own = pending.pop()
        for reader in recording.consumers.get(own, ()):
            if reader.index in seen or reader.type not in ELEMENTWISE.keys() | UNARY or not reader.outputs:
                continue
            seen.add(reader.index)
            for other in reader.inputs:
                if _lacks(recording.tensors[other].shape, shape, axis) and not is_mask(other, recording):
                    return recording.tensors[other].shape
            if recording.tensors[reader.outputs[0]].shape == shape:
                pending.append(reader.outputs[0])
    return None


def _lacks(other: Shape, shape: Shape, axis: int) -> bool:
    """Return whether an operand, of more than one number, is repeated along an axis of another one."""
    at = axis - len(shape)
    return len(other) > 0 and max(other) > 1 and shape[axis] > 1 and (len(other) < -at or other[at] == 1)


def _variants(operand: Input, shape: Shape) -> Iterator[Call]:
    for axis, length in enumerate(shape):
        if length == 1:
            yield call("squeeze", operand, axis=axis)
        elif axis > 0:
            yield call("reduce_sum", operand, axis=axis, keepdims=True)
            yield call("reduce_mean", operand, axis=axis, keepdims=True)
    for axis in range(len(shape), -1, -1):
        yield call("expand_dims", operand, axis=axis)
    if len(shape) == 2 and shape[0] != 1:
        yield call("transpose", operand)


def _in_front(operand: Expression, others: list[Shape]) -> Iterator[Call]:
    """Yield an operand whose axes come before all axes of the others: one matrix for each of its elements."""
    rank = max(map(len, others))
    if rank < 2:
        return
    appended = call("expand_dims", operand, axis=-1)
    for _ in range(rank - 1):
        appended = call("expand_dims", appended, axis=-1)
    yield appended


def _broadcast(shapes: list[Shape]) -> Shape | None:
    try:
        return tuple(np.broadcast_shapes(*shapes))
    except ValueError:
        return None
