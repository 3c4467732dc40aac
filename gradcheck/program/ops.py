"""Ops whose operands are broadcast, and what becomes of the operands' shapes."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.program.recording import Shape

ELEMENTWISE = {
    "Add": {"add"},
    "AddV2": {"add"},
    "Atan2": {"atan2"},
    "Div": {"divide"},
    "DivNoNan": {"divide_no_nan"},
    "Equal": {"equal"},
    "FloorDiv": {"floordiv", "floor_divide"},
    "FloorMod": {"floormod", "mod"},
    "Greater": {"greater"},
    "GreaterEqual": {"greater_equal"},
    "Less": {"less"},
    "LessEqual": {"less_equal"},
    "LogicalAnd": {"logical_and"},
    "LogicalOr": {"logical_or"},
    "Maximum": {"maximum"},
    "Minimum": {"minimum"},
    "Mul": {"multiply"},
    "MulNoNan": {"multiply_no_nan"},
    "NotEqual": {"not_equal"},
    "Pow": {"pow", "power"},
    "RealDiv": {"divide", "truediv", "true_divide"},
    "SelectV2": {"where"},
    "SquaredDifference": {"squared_difference"},
    "Sub": {"subtract"},
    "Xdivy": {"xdivy"},
    "Xlogy": {"xlogy"},
}
"""Ops whose operands are broadcast, and the functions that call them with the operands in order."""

GIVES_AXIS = {"ExpandDims", "StridedSlice", "Reshape", "Transpose"}
"""Ops that give an operand an axis of length 1 because the author asked for it: a None, a reshape."""


def broadcast_axes(shape: Shape, result: Shape) -> set[int]:
    """Return the axes of `result` along which an operand of `shape` is repeated."""
    padded = (1,) * (len(result) - len(shape)) + tuple(shape)
    return {axis for axis, (own, full) in enumerate(zip(padded, result, strict=True)) if own == 1 < full}


def broadcast_against_each_other(shapes: Sequence[Shape], result: Shape) -> bool:
    """Return whether two operands each lack an axis of the result.

    A bias or a scalar is no such operand: there another one already has the shape of the result.
    """
    grown = [broadcast_axes(shape, result) for shape in shapes]
    return any(a - b and b - a for i, a in enumerate(grown) for b in grown[i + 1 :])


def gives_axis(op_type: str, given: Shape, made: Shape) -> bool:
    """Return whether an op of this type turned `given` into `made` to give it an axis of length 1."""
    return op_type in GIVES_AXIS and given != made and 1 in made
