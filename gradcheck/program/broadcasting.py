"""What becomes of the shapes of operands that are broadcast."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.program.ops import GIVE_AXIS
from gradcheck.program.recording import Shape


def broadcast_axes(shape: Shape, result: Shape) -> set[int]:
    """Return the axes of `result` along which an operand of `shape` is repeated."""
    padded = (1,) * (len(result) - len(shape)) + tuple(shape)
    return {axis for axis, (own, full) in enumerate(zip(padded, result, strict=True)) if own == 1 < full}


def broadcast_against_each_other(shapes: Sequence[Shape], result: Shape) -> bool:
    """Return whether two operands each lack an axis of the result.

    A bias or a scalar is no such operand: there another one already has the shape of the result.
    """
    grown = [broadcast_axes(shape, result) for shape in shapes if shape != result]
    return any(a - b and b - a for i, a in enumerate(grown) for b in grown[i + 1 :])


def gives_axis(op_type: str, given: Shape, made: Shape) -> bool:
    """Return whether an op of this type turned `given` into `made` to give it an axis of length 1."""
    return op_type in GIVE_AXIS and given != made and 1 in made
