"""What each quantity adds to a loss that is a sum: by which numbers it is multiplied before it is added."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from gradcheck.arrays import Array
from gradcheck.program.ops import ADDITIONS, DIVISIONS
from gradcheck.program.queries import reduced_axes
from gradcheck.program.recording import Op, Recording, Shape

_Passed = Iterator[tuple[int, Array]]


def shares_of(recording: Recording, values: Mapping[int, Array]) -> dict[int, Array]:
    """Return what each tensor is multiplied by before it is added to the loss, element by element, by number.

    Parameters
    ----------
    values
        The tensors of the program, by number.

    Notes
    -----
    Only what reaches the loss through sums, means, numbers that it is multiplied by, and arrangements of these is
    there, and of what reaches it on other ways as well, only that share. It is linear in the ops.
    """
    shares = {recording.loss: np.ones(recording.tensors[recording.loss].shape)}
    for op in reversed(recording.ops):
        share = shares.get(op.outputs[0]) if op.outputs else None
        passes = None if share is None else _PASS.get(op.type)
        if share is None or passes is None:
            continue
        for number, passed in passes(op, share, recording, values):
            if recording.tensors[number].floating and recording.producer(number) is not None:
                shares[number] = shares[number] + passed if number in shares else passed
    return shares


def _added(op: Op, share: Array, recording: Recording, values: Mapping[int, Array]) -> _Passed:
    for number in op.inputs:
        yield number, _gathered(share, recording.tensors[number].shape)


def _subtracted(op: Op, share: Array, recording: Recording, values: Mapping[int, Array]) -> _Passed:
    for number, sign in zip(op.inputs, (1.0, -1.0), strict=True):
        yield number, _gathered(sign * share, recording.tensors[number].shape)


def _negated(op: Op, share: Array, recording: Recording, values: Mapping[int, Array]) -> _Passed:
    yield op.inputs[0], -share


def _multiplied(op: Op, share: Array, recording: Recording, values: Mapping[int, Array]) -> _Passed:
    one, other = op.inputs
    for number, by in ((one, other), (other, one)):
        if number in recording.trainable and by not in recording.trainable and by in values:
            yield number, _gathered(share * values[by], recording.tensors[number].shape)


def _divided(op: Op, share: Array, recording: Recording, values: Mapping[int, Array]) -> _Passed:
    number, by = op.inputs
    if by not in recording.trainable and by in values:
        divisor = np.broadcast_to(values[by], share.shape)
        quotient = np.divide(share, divisor, out=np.zeros(share.shape), where=divisor != 0)
        yield number, _gathered(quotient, recording.tensors[number].shape)


def _summed(op: Op, share: Array, recording: Recording, values: Mapping[int, Array]) -> _Passed:
    shape = recording.tensors[op.inputs[0]].shape
    axes = reduced_axes(op, recording)
    kept = tuple(1 if axis in axes else length for axis, length in enumerate(shape))
    yield op.inputs[0], np.broadcast_to(np.reshape(share, kept), shape)


def _averaged(op: Op, share: Array, recording: Recording, values: Mapping[int, Array]) -> _Passed:
    count = recording.tensors[op.inputs[0]].size / max(share.size, 1)
    yield from _summed(op, share / count, recording, values)


def _reshaped(op: Op, share: Array, recording: Recording, values: Mapping[int, Array]) -> _Passed:
    yield op.inputs[0], np.reshape(share, recording.tensors[op.inputs[0]].shape)


def _stacked(op: Op, share: Array, recording: Recording, values: Mapping[int, Array]) -> _Passed:
    parts = np.moveaxis(share, int(op.attributes.get("axis", 0)), 0)
    yield from zip(op.inputs, parts, strict=True)


def _joined(op: Op, share: Array, recording: Recording, values: Mapping[int, Array]) -> _Passed:
    *numbers, where = op.inputs
    axis = int(recording.array(where))
    ends = np.cumsum([recording.tensors[number].shape[axis] for number in numbers])
    yield from zip(numbers, np.split(share, ends[:-1], axis=axis), strict=True)


def _taken(op: Op, share: Array, recording: Recording, values: Mapping[int, Array]) -> _Passed:
    number, places = op.inputs
    passed = np.zeros(recording.tensors[number].shape)
    np.add.at(passed, tuple(np.moveaxis(recording.array(places), -1, 0)), share)
    yield number, passed


def _rows(op: Op, share: Array, recording: Recording, values: Mapping[int, Array]) -> _Passed:
    number, places, along = op.inputs
    if op.attributes.get("batch_dims", 0) == 0:
        passed, rows = np.zeros(recording.tensors[number].shape), recording.array(places)
        axis = int(recording.array(along)) % passed.ndim
        taken = range(axis, axis + rows.ndim)
        np.add.at(np.moveaxis(passed, axis, 0), rows, np.moveaxis(share, taken, range(rows.ndim)))
        yield number, passed


def _transposed(op: Op, share: Array, recording: Recording, values: Mapping[int, Array]) -> _Passed:
    number, order = op.inputs
    yield number, np.transpose(share, np.argsort(recording.array(order)))


_Passes = Callable[[Op, Array, Recording, Mapping[int, Array]], _Passed]
_PASS: dict[str, _Passes] = {
    **dict.fromkeys(ADDITIONS, _added),
    **dict.fromkeys(DIVISIONS, _divided),
    "AddN": _added,
    "Sub": _subtracted,
    "Neg": _negated,
    "Mul": _multiplied,
    "Sum": _summed,
    "Mean": _averaged,
    "Reshape": _reshaped,
    "Squeeze": _reshaped,
    "ExpandDims": _reshaped,
    "Identity": _reshaped,
    "Cast": _reshaped,
    "Pack": _stacked,
    "ConcatV2": _joined,
    "GatherNd": _taken,
    "GatherV2": _rows,
    "Transpose": _transposed,
}


def _gathered(share: Array, shape: Shape) -> Array:
    """Return the share of an operand that was repeated: what its copies have together."""
    spare = share.ndim - len(shape)
    if spare < 0:
        return np.broadcast_to(share, shape)
    axes = tuple(range(spare))
    share = share.sum(axis=axes) if axes else share
    own = tuple(axis for axis, length in enumerate(shape) if length == 1 < share.shape[axis])
    return np.broadcast_to(share.sum(axis=own, keepdims=True) if own else share, shape)
