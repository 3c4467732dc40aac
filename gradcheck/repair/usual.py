"""Changes of an op that people often have to make, enumerated by its type and its shapes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from gradcheck.program.ops import (
    ALONG_AXIS,
    BINARY,
    BOUNDS,
    HOLD_BACK,
    HOMOGENEOUS,
    INDICES,
    LINEAR,
    OPS,
    READ_VARIABLES,
    REDUCTIONS,
    UNARY,
)
from gradcheck.program.places import place_of
from gradcheck.program.queries import is_constant, reduced_axes, scalar_constant, unreduced
from gradcheck.program.recording import Op, Recording
from gradcheck.repair.changes import Change
from gradcheck.repair.language import (
    OWN,
    At,
    Either,
    Expression,
    Input,
    Number,
    Own,
    Settings,
    call,
    stopped,
    times,
    with_input,
)
from gradcheck.repair.proposal import once_per_place
from gradcheck.repair.reshaped import reshaped

_LARGEST_RANK = 4
_MOST_OPERANDS = 3

_TAKEN_FOR = {"FloorDiv": "RealDiv", "Softmax": "Sigmoid"}
"""Ops that somebody takes for others of which they are no opposite."""

_PLAIN = (0.5, 2.0)


def change_of(op: Op, expression: Expression, recording: Recording) -> Change:
    """Return an expression in place of what an op gives as a change of it."""
    return Change(op, expression, recording, _is_trained(op, recording), op in recording.results)


def changes(recording: Recording) -> Iterator[Change]:
    """Yield changes of the ops that the loss depends on, those of one place once.

    An expression that runs often may give what no variable moves when it runs first, as a sum that starts with 0.
    """
    results = set(recording.results)
    contributing = [op for op in recording.ops if op.index in recording.contributing and op.outputs]
    moving = once_per_place(op for op in contributing if _is_trained(op, recording))
    instead = {place_of(op): op for op in moving}
    for first in once_per_place(contributing):
        op = instead.get(place_of(first), first)
        trained = _is_trained(op, recording)
        for expression in dict.fromkeys(_changes(op, recording)):
            yield Change(op, expression, recording, trained, op in results)


def _is_trained(op: Op, recording: Recording) -> bool:
    return any(output in recording.trainable for output in op.outputs)


def _changes(op: Op, recording: Recording) -> Iterator[Expression]:
    known = OPS.get(op.type)
    if op is unreduced(recording):
        yield call("reduce_mean", OWN)
    yield from (stopped(OWN), call("negative", OWN))
    if known is None:
        return
    kinds = (known.opposite, known.sum_or_mean, _TAKEN_FOR.get(op.type, ""))
    yield from (Own(kind=kind) for kind in kinds if kind)
    yield from (Own(settings=settings) for settings in told(op, recording))
    yield from (Input(number) for number in operands(op))
    yield from (
        with_input(number, _negative) for number in operands(op) if _has_a_sign(op, number, recording)
    )
    if op.type in UNARY - HOMOGENEOUS:
        yield from (Own(((0, times(factor, Input(0))),)) for factor in _PLAIN)
    if op.type in BINARY:
        moving = [number for number, tensor in enumerate(op.inputs) if tensor in recording.trainable]
        yield from (with_input(number, stopped) for number in moving)
    yield from _of_whole_numbers(op, recording)
    yield from _elsewhere(op, recording)
    yield from _unbounded(op, recording)
    yield from reshaped(op, recording)


def _has_a_sign(op: Op, number: int, recording: Recording) -> bool:
    """Return whether an operand may have the wrong sign: no bound or exponent that is written as a number."""
    return op.type in LINEAR or scalar_constant(op.inputs[number], recording) is None


def _negative(operand: Expression) -> Expression:
    return call("negative", operand)


def told(op: Op, recording: Recording) -> Iterator[Settings]:
    """Yield other axes for an op that runs over some, or along one."""
    shapes = recording.shapes(op.inputs)
    if op.type in REDUCTIONS:
        yield from _reduced(op, len(shapes[0]), recording)
    elif op.type in ALONG_AXIS:
        rank = len(shapes[0])
        own = int(recording.array(op.inputs[1])) % rank if len(op.inputs) > 1 else rank - 1
        yield from ((("axis", axis),) for axis in range(rank) if axis != own)
    elif op.type == "GatherV2":
        given = int(recording.array(op.inputs[2])), int(op.attributes.get("batch_dims") or 0)
        for batch_dims in range(min(len(shapes[0]), len(shapes[1]) + 1)):
            for axis in range(batch_dims, len(shapes[0])):
                if (axis, batch_dims) != given:
                    yield ("axis", axis), ("batch_dims", batch_dims)


def _reduced(op: Op, rank: int, recording: Recording) -> Iterator[Settings]:
    own = reduced_axes(op, recording), bool(op.attributes.get("keep_dims"))
    if rank > _LARGEST_RANK:
        return
    subsets = (axes for count in range(1, rank + 1) for axes in itertools.combinations(range(rank), count))
    for axes, keeps in itertools.product(subsets, (own[1], not own[1])):
        axis: Settings = () if axes == own[0] else (("axis", axes[0] if len(axes) == 1 else axes),)
        keepdims: Settings = () if keeps == own[1] else (("keepdims", keeps),)
        if axis or keepdims:
            yield (*axis, *keepdims)


def operands(op: Op) -> list[int]:
    """Return which inputs are operands, and no axes or the like."""
    known = OPS.get(op.type)
    beside = {
        one.where % len(op.inputs)
        for one in (known.arguments if known else ())
        if isinstance(one.where, int) and op.inputs
    }
    return [number for number in range(len(op.inputs)) if number not in beside][:_MOST_OPERANDS]


def _of_whole_numbers(op: Op, recording: Recording) -> Iterator[Expression]:
    """Yield arithmetic on whole numbers done in floating point, and a cast to them only where it loses nothing."""
    if recording.tensors[op.outputs[0]].floating:
        return
    if op.type in BINARY:
        yield Own(tuple((number, call("cast", Input(number), dtype="float32")) for number in range(2)))
    if op.type == "Cast":
        runs = [run for run in recording.at_site[op.site] if run.type == op.type]
        if len({_is_the_same(run, recording) for run in runs}) > 1:
            yield WHERE_LOSSLESS


_SAME = call(
    "reduce_all", call("equal", call("cast", OWN, dtype="float64"), call("cast", Input(0), dtype="float64"))
)
WHERE_LOSSLESS = Either(_SAME, OWN, Input(0))
"""A cast, but not in those runs of its expression in which it changes a number."""


def _is_the_same(op: Op, recording: Recording) -> bool:
    return np.array_equal(recording.array(op.inputs[0]), recording.array(op.outputs[0]))


def _elsewhere(op: Op, recording: Recording) -> Iterator[Expression]:
    """Yield indices, coordinates and bounds that are one less or one more."""
    if op.type in _INDICES:
        yield from (_shifted(_INDICES[op.type], by) for by in (-1, 1))
    elif op.type == "Pack" and _are_coordinates(op, recording):
        moving = [number for number, tensor in enumerate(op.inputs) if not _is_a_range(tensor, recording)]
        yield from (_shifted(number, by) for number in moving for by in (-1, 1))
    elif op.type == "StridedSlice":
        axes = range(recording.tensors[op.inputs[1]].size)
        moved = (_moved(op, axis, *by, recording) for axis, by in itertools.product(axes, _SHIFTS))
        yield from (one for one in moved if one is not None)


_INDICES = {
    name: number
    for name, number in INDICES.items()
    # Coordinates are moved along each axis by itself, and a variable is read by its own kind of edit.
    if name != "GatherNd" and name not in READ_VARIABLES
}
"""Ops that take indices, and which of their inputs these are."""


def _shifted(number: int, by: int) -> Expression:
    return with_input(number, lambda indices: call("add" if by > 0 else "subtract", indices, abs(by)))


def _are_coordinates(op: Op, recording: Recording) -> bool:
    readers = recording.consumers.get(op.outputs[0], ())
    return any(reader.type == "GatherNd" and reader.inputs[1] == op.outputs[0] for reader in readers)


def _is_a_range(number: int, recording: Recording) -> bool:
    maker = recording.producer(number)
    return maker is not None and maker.type == "Range"


_SHIFTS = ((1, 1), (-1, -1), (1, 0), (-1, 0), (0, 1), (0, -1))


def _moved(op: Op, axis: int, begin: int, end: int, recording: Recording) -> Own | None:
    """Return a slice with its bounds along an axis moved; None where it would leave the axis."""
    masks = {name: int(op.attributes.get(name) or 0) for name in ("begin_mask", "end_mask")}
    if op.attributes.get("ellipsis_mask") or op.attributes.get("new_axis_mask"):
        return None  # which axis a bound belongs to depends on the rank
    shape, changed = recording.tensors[op.inputs[0]].shape, []
    single = int(op.attributes.get("shrink_axis_mask") or 0) >> axis & 1  # one index, whose end means nothing
    if single and begin != end:
        return None
    for number, by, (name, mask) in zip((1, 2), (begin, end), masks.items(), strict=True):
        left_out = mask >> axis & 1
        own = 0 if left_out else int(recording.array(op.inputs[number])[axis])
        to_the_end = name == "end_mask" and not left_out and own + by == 0 < by
        inside = by < 0 if name == "end_mask" and left_out else (own < 0) == (own + by < 0) or to_the_end
        counts = by and not (single and name == "end_mask")
        if counts and (not inside or abs(own + by) > shape[axis]):
            return None
        if by:
            masks[name] = mask | 1 << axis if to_the_end else mask & ~(1 << axis)
            size = recording.tensors[op.inputs[1]].size
            steps = Number(tuple(by * (place == axis) for place in range(size)))
            changed.append((number, call("add", Input(number), steps)))
    return Own(tuple(changed), tuple(masks.items()))


def _unbounded(op: Op, recording: Recording) -> Iterator[Expression]:
    """Yield a clip, which is a minimum of a maximum, without one of its bounds or both, or with these swapped."""
    inner = inner_bound(op, recording)
    if inner is None:
        return
    given, bound = (At(place_of(inner), number) for number in range(2))
    yield At(place_of(inner), 0)
    if inner.type in BOUNDS:
        yield call(OPS[inner.type].functions[0], given, bound)
    if {inner.type, op.type} <= BOUNDS:
        yield call(OPS[op.type].functions[0], given, Input(1))
    if (inner.type, op.type) == ("Minimum", "Maximum"):
        yield call("clip_by_value", given, bound, Input(1))


def inner_bound(op: Op, recording: Recording) -> Op | None:
    """Return what holds numbers back in the same expression before `op` does so."""
    number = held_back_input(op, recording)
    maker = None if number is None or op.type not in HOLD_BACK else recording.producer(op.inputs[number])
    return maker if maker is not None and maker.site == op.site and maker.type in HOLD_BACK else None


def is_inner_bound(op: Op, recording: Recording) -> bool:
    """Return whether another bound is put on what `op` gives, in the same expression."""
    readers = recording.consumers.get(op.outputs[0], ())
    return op.type in BOUNDS and any(one.site == op.site and one.type in BOUNDS for one in readers)


def held_back_input(op: Op, recording: Recording) -> int | None:
    """Return the input that a bound holds back: one that is not constant, of the shape of the result."""
    shape = recording.tensors[op.outputs[0]].shape
    alike = (
        number
        for number, tensor in enumerate(op.inputs)
        if not is_constant(tensor, recording) and recording.tensors[tensor].shape == shape
    )
    return next(alike, None)
