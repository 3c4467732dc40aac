"""Queries on a recording that more than one cause needs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from gradcheck.program.ops import ASK_FOR_SHAPE, GIVE_AXIS, KEEP_POLE, OPS, POLES, WITHOUT_SAMPLES
from gradcheck.program.places import Place
from gradcheck.program.recording import NO_NUMBERS, Op, Recording
from gradcheck.source import Site, position_of


def trained(recording: Recording) -> list[Op]:
    """Return the contributing ops whose output depends on a variable through floating tensors, in order."""
    return [
        op
        for op in recording.ops
        if op.index in recording.contributing and any(output in recording.trainable for output in op.outputs)
    ]


def made_before(numbers: Iterable[int], recording: Recording) -> frozenset[int]:
    """Return some tensors, and all that they are made from, by number."""
    found, pending = set(numbers), list(numbers)
    while pending:
        op = recording.producer(pending.pop())
        new = set() if op is None else set(op.inputs) - found
        found |= new
        pending.extend(new)
    return frozenset(found)


def made_from(ops: Sequence[Op], recording: Recording) -> list[Op]:
    """Return the ops that the results of some ops go into, in the order in which they run."""
    known, found = {number for op in ops for number in op.outputs}, list[Op]()
    for one in recording.ops:
        if not known.isdisjoint(one.inputs):
            known.update(one.outputs)
            found.append(one)
    return found


def made_at(place: Place, recording: Recording) -> list[Op]:
    """Return the ops at a place, in order."""
    return [op for op in recording.at_site.get(place.site, ()) if op.type == place.type]


def stands_for(op: Op, site: Site, recording: Recording) -> bool:
    """Return whether each run of the expression at `site` gives one tensor, the output of an op like `op`."""
    ops = [other for other in recording.at_site[site] if other.outputs]
    ends = [other for other in ops if _is_read_elsewhere(other, recording)]
    inside = {other.index for other in ops} - {other.index for other in ends}
    before = [_made_from_within(end, site, recording) for end in ends]
    return (
        {other.type for other in ends} == {op.type}
        and len(op.outputs) == 1
        and not any(other.index in inside and other.type == op.type for other in ops)
        and not any(one & other for i, one in enumerate(before) for other in before[:i])
    )


def _is_read_elsewhere(op: Op, recording: Recording) -> bool:
    readers = [reader for output in op.outputs for reader in recording.consumers.get(output, ())]
    return not readers or recording.loss in op.outputs or any(reader.site != op.site for reader in readers)


def _made_from_within(op: Op, site: Site, recording: Recording) -> set[int]:
    """Return `op` and the ops of the same expression that it was made from, by index."""
    found, pending = {op.index}, list(op.inputs)
    while pending:
        maker = recording.producer(pending.pop())
        if maker is not None and maker.site == site and maker.index not in found:
            found.add(maker.index)
            pending.extend(maker.inputs)
    return found


def stops_before(op: Op, recording: Recording) -> bool:
    """Return whether the gradient is stopped at an op, or on the way to it since it last passed a variable."""
    pending, seen = [op], set[int]()
    while pending:
        one = pending.pop()
        if one.type == "StopGradient":
            return True
        makers = (recording.producer(number) for number in one.inputs)
        pending += [maker for maker in makers if maker is not None and maker.index not in seen]
        seen.update(maker.index for maker in pending)
    return False


def leads_to_a_pole(op: Op, recording: Recording) -> bool:
    """Return whether the result of `op` reaches, through arithmetic alone, an input in which an op has a pole."""
    reached = set(op.outputs)
    for reader in recording.ops:
        number = POLES.get(reader.type)
        if number is not None and reader.inputs[number] in reached:
            return True
        if reader.type in KEEP_POLE and not reached.isdisjoint(reader.inputs):
            reached.update(reader.outputs)
    return False


def is_mask(number: int, recording: Recording) -> bool:
    """Return whether a tensor that no variable moves holds zeros and ones, and some of both."""
    info = recording.tensors[number]
    if info.size < 2 or number in recording.trainable or not (info.floating or info.dtype == "bool"):
        return False  # integers are axes and indices as well; a mask of them is cast before it is used
    values = recording.array(number)
    return bool(np.isin(values, (0, 1)).all() and 0 < values.sum() < values.size)


def has_no_samples(number: int, recording: Recording) -> bool:
    """Return whether a tensor is certainly made of variables, ranges and single numbers alone."""
    pending, seen = [number], set[int]()
    while pending:
        one = pending.pop()
        maker = recording.producer(one)
        if maker is None:
            if one not in recording.reads and recording.tensors[one].size != 1:
                return False
        elif maker.type not in WITHOUT_SAMPLES.keys() | ASK_FOR_SHAPE and maker.index not in seen:
            seen.add(maker.index)
            pending += maker.inputs[:1] if maker.type in GIVE_AXIS else maker.inputs
    return True


def is_constant(number: int, recording: Recording) -> bool:
    """Return whether a tensor of numbers came from outside: made by no op, and no variable's value or handle."""
    if recording.tensors[number].dtype in NO_NUMBERS:
        return False
    return recording.producer(number) is None and number not in recording.reads


def scalar_constant(number: int, recording: Recording) -> float | None:
    """Return the value of a constant with one element, or None."""
    if recording.tensors[number].size != 1 or not is_constant(number, recording):
        return None
    return float(np.ravel(recording.array(number))[0])


def reduced_axes(op: Op, recording: Recording) -> tuple[int, ...]:
    """Return the axes that a reduction runs over, counted from 0."""
    rank = len(recording.tensors[op.inputs[0]].shape)
    axes = np.ravel(recording.array(op.inputs[1]))
    return tuple(sorted(int(axis) % rank for axis in axes)) if rank else ()


def arguments_of(op: Op, recording: Recording) -> dict[str, object]:
    """Return what an op was told beside its operands, such as its axes, by the names of the arguments."""
    known = OPS.get(op.type)
    return {
        one.name: recording.array(op.inputs[one.where]).tolist()
        if isinstance(one.where, int)
        else op.attributes.get(one.where)
        for one in (known.arguments if known else ())
        if one.where is not None
        and (isinstance(one.where, str) or -len(op.inputs) <= one.where < len(op.inputs))
    }


def unreduced(recording: Recording) -> Op | None:
    """Return what gives the loss its shape: the loss itself, or that to which it adds single numbers."""
    op = recording.producer(recording.loss)
    while op is not None and op.type in ("AddV2", "Sub"):
        shaped = [number for number in op.inputs if recording.tensors[number].size > 1]
        maker = recording.producer(shaped[0]) if len(shaped) == 1 else None
        if maker is None or recording.tensors[shaped[0]].shape != recording.tensors[op.outputs[0]].shape:
            break
        op = maker
    return op


def cut(path: str, recording: Recording) -> Op | None:
    """Return the op at which the way from a variable to the loss leaves what has a gradient.

    Of several the one nearest to the loss; where no way leads to the loss, the last op on it.
    """
    reached = {number for number, read in recording.reads.items() if read == path}
    last: Op | None = None
    blocked: Op | None = None
    for op in recording.ops:
        if not reached.intersection(op.inputs) or op.type in ASK_FOR_SHAPE:
            continue
        passes = (
            op.type != "StopGradient" and recording.tensors[op.outputs[0]].floating if op.outputs else False
        )
        if op.index in recording.contributing and not passes:
            blocked = op
        if passes:
            reached.update(op.outputs)
            last = op
    return blocked or last


def mixes_axes(op: Op, recording: Recording) -> bool:
    """Return whether an op is a reshape that does more than to split axes or to join neighbours."""
    shapes = (recording.tensors[number].shape for number in (*op.inputs[:1], *op.outputs[:1]))
    return op.type == "Reshape" and mixes(*shapes)


def mixes(before: Sequence[int], after: Sequence[int]) -> bool:
    """Return whether axes of one shape become others that have no border in common with them.

    What lies along one of them is cut off anywhere then, and goes on with something else.
    """
    own, others = ([length for length in shape if length != 1] for shape in (before, after))
    while own and others:
        one, two = [own.pop(0)], [others.pop(0)]
        while math.prod(one) != math.prod(two):
            shorter, rest = (one, own) if math.prod(one) < math.prod(two) else (two, others)
            if not rest:
                return False
            shorter.append(rest.pop(0))
        if len(one) > 1 and len(two) > 1:
            return True
    return False


Numbered = tuple[str, str, int]
"""A function, a type of op, and which of the expressions in it that run such ops."""


def by_number(ops: Iterable[Op]) -> dict[Numbered, list[Op]]:
    """Return ops by what stays the same when other text is written somewhere: which of a function they are."""
    found: dict[tuple[str, str], dict[Any, list[Op]]] = {}
    for op in ops:
        if op.site is not None:
            lines = found.setdefault((op.site.code.co_qualname, op.type), {})
            lines.setdefault(position_of(op.site), []).append(op)
    return {
        (*where, number): those
        for where, lines in found.items()
        for number, (_, those) in enumerate(sorted(lines.items(), key=lambda one: one[0]))
    }
