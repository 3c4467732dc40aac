"""Both operands of an elementwise op grow: everything meets everything."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.causes.evidence import Evidence
from gradcheck.findings import Finding, Operand
from gradcheck.recording import Op, Recording, Shape
from gradcheck.source import Span, operand_spans, source_lines

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


def find(evidence: Evidence) -> list[Finding]:
    """Return one finding per expression of the candidate in which both operands grow.

    Growth alone does not make a gradient wrong: Gram matrices and pairwise losses grow on purpose.
    Hence a suspicion where the gradients differ, and nothing at all where they agree.
    """
    if evidence.verdict in ("equivalent", "inconclusive"):
        return []
    recording = evidence.candidate
    places: dict[object, tuple[Op, int]] = {}
    for op in recording.ops:
        if op.index in recording.contributing and both_grow(op, recording):
            first, times = places.get(op.site, (op, 0))
            places[op.site] = (first, times + 1)
    return [_finding(op, times, recording) for op, times in places.values()]


def both_grow(op: Op, recording: Recording) -> bool:
    """Return whether `op` is elementwise and two operands each lack an axis of the result.

    A bias or a scalar is no such op: there one operand already has the shape of the result.
    """
    if op.type not in ELEMENTWISE:
        return False
    shapes = recording.shapes(op.inputs)
    result = recording.tensors[op.outputs[0]].shape
    grown = [_grown_axes(shape, result) for shape in shapes]
    return any(a - b and b - a for i, a in enumerate(grown) for b in grown[i + 1 :])


def _grown_axes(shape: Shape, result: Shape) -> set[int]:
    """Return the axes of `result` along which an operand of `shape` is repeated."""
    padded = (1,) * (len(result) - len(shape)) + tuple(shape)
    return {axis for axis, (own, full) in enumerate(zip(padded, result, strict=True)) if own == 1 < full}


def _finding(op: Op, times: int, recording: Recording) -> Finding:
    shapes = recording.shapes(op.inputs)
    result = recording.tensors[op.outputs[0]].shape
    spans = [] if op.site is None else operand_spans(op.site, frozenset(ELEMENTWISE[op.type]))
    operands = _operands(spans, shapes)
    often = "" if times == 1 else f", in {times} runs of this line"
    return Finding(
        cause="broadcast",
        message=f"both operands grow: {_and(shapes)} make {result}{often}",
        span=op.span,
        shapes=(*shapes, result),
        operands=operands,
        notes=_notes(operands, shapes, result, op),
    )


def _operands(spans: Sequence[Span], shapes: Sequence[Shape]) -> tuple[Operand, ...]:
    if len(spans) != len(shapes):
        return ()
    return tuple(Operand(span=span, shape=shape) for span, shape in zip(spans, shapes, strict=True))


def _notes(operands: Sequence[Operand], shapes: Sequence[Shape], result: Shape, op: Op) -> tuple[str, ...]:
    if len(shapes) != 2:
        return ()
    left, right = [_name(operand.span) for operand in operands] or ["one operand", "the other"]
    notes = [
        f"element i of {left} is no longer paired with element i of {right}: "
        f"every element of the one meets every element of the other"
    ]
    one, other = (_count(shape) for shape in shapes)
    if one == other:
        notes.append(
            f"{one} pairs were probably meant, {_count(result)} are computed: give both the same shape, "
            f"for example with tf.squeeze or tf.reshape on one of them"
        )
    return tuple(notes)


def _name(span: Span) -> str:
    return f"`{span.text}`" if span.text and "\n" not in span.text and source_lines(span) else "the operand"


def _count(shape: Shape) -> int:
    count = 1
    for length in shape:
        count *= length
    return count


def _and(shapes: Sequence[Shape]) -> str:
    return " and ".join(str(shape) for shape in shapes)
