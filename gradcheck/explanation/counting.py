"""Which elements of a program's tensors count: not those that a mask multiplies by zero, whatever they are."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.explanation.groups import Groups
from gradcheck.program.ops import ELEMENTWISE, NORMALISATIONS, REARRANGE, UNARY
from gradcheck.program.queries import reduced_axes
from gradcheck.program.recording import Op, Recording, Shape


class Counting:
    """The elements of a program that its loss depends on, as far as its masks tell.

    Parameters
    ----------
    program
        Its quantities.

    Notes
    -----
    An element counts unless all that reads it multiplies it by a zero of the data, or does not choose it by a
    condition on the data. A zero of what is made from variables says nothing: at another point it is none.
    """

    def __init__(self, program: Groups) -> None:
        self._program = program

    def of(self, numbers: Sequence[int]) -> Array | None:
        """Return which elements of some tensors of one shape count, stacked if they are several; None for all."""
        known = [self._counts.get(number) for number in numbers]
        shapes = {self._program.here[number].shape for number in numbers}
        if len(shapes) > 1 or all(one is None or one.all() for one in known):
            return None
        (shape,) = shapes
        each = [np.ones(shape, bool) if one is None else one for one in known]
        return each[0] if len(each) == 1 else np.stack(each)

    @functools.cached_property
    def _counts(self) -> Mapping[int, Array]:
        """Which elements of each tensor count, by number; without those of which all do, for certain."""
        recording, found, whole = self._program.recording, dict[int, Array](), set[int]()
        for op in reversed(recording.ops) if self._has_masks else ():
            if op.index in recording.contributing:
                for number, own in zip(op.inputs, self._read(op, found), strict=True):
                    if own is None:
                        whole.add(number)
                        found.pop(number, None)
                    elif number not in whole:
                        found[number] = own | found.get(number, np.zeros_like(own))
        return found

    @functools.cached_property
    def _has_masks(self) -> bool:
        here = self._program.here
        return any(_has_zeros(value) for number, value in here.items() if number not in self._of_variables)

    @functools.cached_property
    def _of_variables(self) -> frozenset[int]:
        """The tensors that are made from variables, whether a gradient passes on the way or not."""
        found = set(self._program.recording.reads)
        for op in self._program.recording.ops:
            if not found.isdisjoint(op.inputs):
                found.update(op.outputs)
        return frozenset(found)

    def _read(self, op: Op, found: Mapping[int, Array]) -> Sequence[Array | None]:
        """Return which elements of each tensor that an op reads count for it; None for all of them."""
        here, made = self._program.here, op.outputs[0]
        is_known = len(op.outputs) == 1 and here.keys() >= {made, *op.inputs}
        if not is_known or not (made in found or op.type in _MASKED):
            return [None] * len(op.inputs)
        return self._of_each(op, found[made] if made in found else np.ones_like(here[made], bool))

    def _of_each(self, op: Op, counts: Array) -> Sequence[Array | None]:
        """Return which elements of each tensor that an op reads count, by those of its result; None for all."""
        match op.type:
            case "Mul":
                some = [counts & self._holds(number, counts) for number in reversed(op.inputs)]
            case "SelectV2":
                condition = op.inputs[0]
                some = [
                    counts,
                    counts & self._holds(condition, counts),
                    counts & self._holds(condition, counts, otherwise=True),
                ]
            case name if name in ELEMENTWISE:
                some = [counts] * len(op.inputs)
            case name if name in _BACK and self._of_variables.isdisjoint(op.inputs[1 : _FIXED.get(name, 1)]):
                shape = self._program.here[op.inputs[0]].shape
                first = _BACK[name](op, self._program.recording, counts, shape)
                return [first, *[None] * (len(op.inputs) - 1)]
            case _:
                return [None] * len(op.inputs)
        return [
            _summed_to(self._program.here[number].shape, own)
            for number, own in zip(op.inputs, some, strict=True)
        ]

    def _holds(self, number: int, like: Array, *, otherwise: bool = False) -> Array:
        """Return where a mask is not zero, or where it is; what is made from variables may be either."""
        if number in self._of_variables:
            return np.ones_like(like)
        return np.broadcast_to((self._program.here[number] != 0) != otherwise, like.shape)


_MASKED = ("Mul", "SelectV2")
"""The ops that leave elements out."""


def _has_zeros(value: Array) -> bool:
    """Return whether some elements are zero, or false, and others are not."""
    return bool((value == 0).any() and (value != 0).any())


def _summed_to(shape: Shape, counts: Array) -> Array:
    """Return which elements count of what was repeated for a result: those that do somewhere."""
    padded = (1,) * (counts.ndim - len(shape)) + tuple(shape)
    along = tuple(axis for axis, length in enumerate(padded) if length < counts.shape[axis])
    found: Array = np.logical_or.reduce(counts, axis=along, keepdims=True)
    return found.reshape(shape)


def _reduced(op: Op, recording: Recording, counts: Array, shape: Shape) -> Array:
    along = reduced_axes(op, recording)
    kept = tuple(1 if axis in along else length for axis, length in enumerate(shape))
    if math.prod(kept) != counts.size:
        return np.ones(shape, bool)
    return np.broadcast_to(counts.reshape(kept), shape)


def _laid_out(op: Op, recording: Recording, counts: Array, shape: Shape) -> Array:
    """Return which elements count of what an op takes some of, or arranges otherwise."""
    places = np.arange(math.prod(shape)).reshape(shape)
    take = _TAKEN.get(op.type)
    taken = places if take is None else take(op, recording, places)
    if taken.size != counts.size:  # put together with others
        return np.ones(shape, bool)
    found = np.zeros(math.prod(shape), bool)
    found[np.ravel(taken)[np.ravel(counts)]] = True
    return found.reshape(shape)


def _sliced(op: Op, recording: Recording, places: Array) -> Array:
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
    taken: Array = places[tuple(index)]
    return taken


_MASKS = ("begin", "end", "ellipsis", "new_axis", "shrink_axis")


def _transposed(op: Op, recording: Recording, places: Array) -> Array:
    return np.transpose(places, np.ravel(recording.array(op.inputs[1])))


def _multiplied(op: Op, recording: Recording, counts: Array, shape: Shape) -> Array:
    """Return which rows of a matrix count that is multiplied by another one."""
    turned = any(op.attributes.get(name) for name in ("transpose_a", "adj_x"))
    if turned or counts.shape[:-1] != shape[:-1]:
        return np.ones(shape, bool)
    return np.broadcast_to(counts.any(axis=-1, keepdims=True), shape)


_TAKEN: Mapping[str, Callable[[Op, Recording, Array], Array]] = {
    "StridedSlice": _sliced,
    "Transpose": _transposed,
}
"""Which of the elements of what it is given an op gives, in its order; others give all, in theirs."""

_Back = Callable[[Op, Recording, Array, Shape], Array]

_BACK: Mapping[str, _Back] = {
    **dict.fromkeys(("Sum", "Mean"), _reduced),
    **dict.fromkeys((REARRANGE | UNARY | {"Cast", "StopGradient"}) - frozenset(NORMALISATIONS), _laid_out),
    **dict.fromkeys(("MatMul", "BatchMatMulV2"), _multiplied),
}
"""How what counts of a result is followed back to what the op is given first; of others, all counts."""

_FIXED = {"StridedSlice": 4, "Transpose": 2}
"""Up to which input an op is told where to take from."""
