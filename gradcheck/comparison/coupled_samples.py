"""Losses that couple the samples of a batch: where, whether by accident, and in words."""

from __future__ import annotations

import itertools
from collections.abc import Hashable

from gradcheck.causes._pairing import pairs_no_samples
from gradcheck.causes.broadcast import both_are_broadcast
from gradcheck.program.accidental_broadcast import (
    Known,
    Origin,
    meant,
    origin,
    puts_into_another_order,
    source,
)
from gradcheck.program.broadcasting import broadcast_against_each_other
from gradcheck.program.ops import ELEMENTWISE, OPS, PRODUCTS, REDUCTIONS
from gradcheck.program.ops.op_type import Kind
from gradcheck.program.recording import CoupledAt, Op, Recording, SampleCoupling

OriginOf = dict[Hashable, Origin]


def accidents(recording: Recording, coupling: SampleCoupling) -> list[Op]:
    """Return the ops in which samples were very likely meant one by one, and every one meets every other.

    That is: operands that both change with the samples are broadcast against each other, and none was given
    an axis for it; or a gather picks from every row what all the rows ask for.
    """
    origins = _origins(recording)
    return [
        op
        for op in recording.ops
        if op.index in recording.contributing
        and (
            _is_broadcast_unasked(op, recording, coupling, origins) or _picks_for_all(op, recording, coupling)
        )
    ]


def _is_broadcast_unasked(op: Op, recording: Recording, coupling: SampleCoupling, origins: OriginOf) -> bool:
    if not both_are_broadcast(op, recording) or pairs_no_samples(op, recording):
        return False
    result = recording.tensors[op.outputs[0]].shape
    moved = [number for number in op.inputs if number in coupling.moved]
    return any(
        broadcast_against_each_other(recording.shapes((one, other)), result)
        and not meant(_known(one, recording), _known(other, recording), origins.get)
        for one, other in itertools.combinations(moved, 2)
    )


def _picks_for_all(op: Op, recording: Recording, coupling: SampleCoupling) -> bool:
    if op.type != "GatherV2" or op.attributes.get("batch_dims") or op.index not in coupling.meets:
        return False
    return all(number in coupling.moved for number in op.inputs[:2])


def _known(number: int, recording: Recording) -> Known:
    return Known(number, recording.tensors[number].shape)


def _origins(recording: Recording) -> OriginOf:
    """Return what is worth remembering of how each tensor was made, by number."""
    found: OriginOf = {}
    for op in recording.ops:
        if not op.outputs:
            continue
        inputs, made = [_known(number, recording) for number in op.inputs], _known(op.outputs[0], recording)
        before = source(op.type, inputs, made)
        one = origin(
            op.type, inputs, made, _asks(op), None if before is None else found.get(op.inputs[before])
        )
        if one is not None:
            by_keras = one.kind == "axis" and op.outputs[0] in recording.unasked
            found[op.outputs[0]] = Origin("same", one.root) if by_keras else one
    return found


def _asks(op: Op) -> bool:
    """Return whether an op explicitly adds an axis of length 1, or reorders axes."""
    if op.type == "Einsum":
        equation = op.attributes["equation"]
        return puts_into_another_order(equation.decode() if isinstance(equation, bytes) else equation)
    return bool(op.attributes.get("new_axis_mask"))


def in_words(meeting: CoupledAt, recording: Recording) -> str:
    """Return where samples are combined, and how."""
    op, after = meeting.op, meeting.after
    if meeting.arrives:
        return f"{place_of(op)} uses numbers that were computed from several samples outside TensorFlow"
    how = _how(meeting, recording)
    if after.site == op.site:
        return f"{place_of(op)} {how}"
    return f"{place_of(op)} {how}, and after {place_of(after)} the loss is no longer a sum over the samples"


def place_of(op: Op) -> str:
    """Return the expression that called an op, with its location; or else the type of the op."""
    return f"`{op.span.text}` ({op.span.place})" if op.span else op.type


def _how(meeting: CoupledAt, recording: Recording) -> str:
    op = meeting.op
    if op.type in REDUCTIONS:
        return "reduces several samples to one value"
    if op.type in ELEMENTWISE and both_are_broadcast(op, recording):
        return "pairs every sample with every other"
    if op.type in PRODUCTS:
        return "multiplies samples by each other" if meeting.after is op else "sums several samples"
    return (_HOW.get(OPS[op.type].kind) if op.type in OPS else None) or "combines several samples"


_HOW: dict[Kind, str] = {
    "normalisation": "normalises over the samples",
    "cumulative": "accumulates over the samples",
    "gather": "picks elements of samples by indices of other samples",
    "ranking": "compares the samples with each other",
    "filter": "keeps some samples and drops others",
}
