"""How what is known of the elements of a sum or an arrangement is handed back to what it is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.program.queries import reduced_axes
from gradcheck.program.recording import Op, Recording, Shape

Passed = Iterator[tuple[int, Array]]
"""Tensors that an op reads, by number, with what is known of their elements: of what it does not use, zeros."""


def _summed(op: Op, known: Array, recording: Recording) -> Passed:
    shape = recording.tensors[op.inputs[0]].shape
    axes = reduced_axes(op, recording)
    kept = tuple(1 if axis in axes else length for axis, length in enumerate(shape))
    yield op.inputs[0], np.broadcast_to(np.reshape(known, kept), shape)


def _reshaped(op: Op, known: Array, recording: Recording) -> Passed:
    yield op.inputs[0], np.reshape(known, recording.tensors[op.inputs[0]].shape)


def _stacked(op: Op, known: Array, recording: Recording) -> Passed:
    parts = np.moveaxis(known, int(op.attributes.get("axis", 0)), 0)
    yield from zip(op.inputs, parts, strict=True)


def _joined(op: Op, known: Array, recording: Recording) -> Passed:
    *numbers, where = op.inputs
    axis = int(recording.array(where))
    ends = np.cumsum([recording.tensors[number].shape[axis] for number in numbers])
    yield from zip(numbers, np.split(known, ends[:-1], axis=axis), strict=True)


def _taken(op: Op, known: Array, recording: Recording) -> Passed:
    number, places = op.inputs
    passed = np.zeros(recording.tensors[number].shape)
    np.add.at(passed, tuple(np.moveaxis(recording.array(places), -1, 0)), known)
    yield number, passed


def _rows(op: Op, known: Array, recording: Recording) -> Passed:
    number, places, along = op.inputs
    if op.attributes.get("batch_dims", 0) == 0:
        passed, rows = np.zeros(recording.tensors[number].shape), recording.array(places)
        axis = int(recording.array(along)) % passed.ndim
        taken = range(axis, axis + rows.ndim)
        np.add.at(np.moveaxis(passed, axis, 0), rows, np.moveaxis(known, taken, range(rows.ndim)))
        yield number, passed


def _transposed(op: Op, known: Array, recording: Recording) -> Passed:
    number, order = op.inputs
    yield number, np.transpose(known, np.argsort(recording.array(order)))


def _sliced(op: Op, known: Array, recording: Recording) -> Passed:
    begin, end, steps = (np.ravel(recording.array(number)).tolist() for number in op.inputs[1:4])
    masks = {name: int(op.attributes.get(f"{name}_mask") or 0) for name in _MASKS}
    index: list[Any] = []
    for at, (first, last, step) in enumerate(zip(begin, end, steps, strict=True)):
        is_set = {name for name, bits in masks.items() if bits >> at & 1}
        if "ellipsis" in is_set or "new_axis" in is_set:
            index.append(... if "ellipsis" in is_set else None)
        elif "shrink_axis" in is_set:
            index.append(first)
        else:
            index.append(slice(None if "begin" in is_set else first, None if "end" in is_set else last, step))
    passed = np.zeros(recording.tensors[op.inputs[0]].shape)
    passed[tuple(index)] = known
    yield op.inputs[0], passed


_MASKS = ("begin", "end", "ellipsis", "new_axis", "shrink_axis")

HANDED_BACK: Mapping[str, Callable[[Op, Array, Recording], Passed]] = {
    "Sum": _summed,
    "Reshape": _reshaped,
    "Squeeze": _reshaped,
    "ExpandDims": _reshaped,
    "Identity": _reshaped,
    "Cast": _reshaped,
    "Pack": _stacked,
    "ConcatV2": _joined,
    "GatherNd": _taken,
    "GatherV2": _rows,
    "StridedSlice": _sliced,
    "Transpose": _transposed,
}
"""The ops that add up or arrange what they are given."""


def gathered(known: Array, shape: Shape) -> Array:
    """Return what is known of an operand that was repeated: what its copies have together."""
    spare = known.ndim - len(shape)
    if spare < 0:
        return np.broadcast_to(known, shape)
    axes = tuple(range(spare))
    known = known.sum(axis=axes) if axes else known
    own = tuple(axis for axis, length in enumerate(shape) if length == 1 < known.shape[axis])
    return np.broadcast_to(known.sum(axis=own, keepdims=True) if own else known, shape)
