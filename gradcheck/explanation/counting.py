"""Which elements of a program's tensors count: not those that a mask multiplies by zero, whatever they are."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

import numpy as np

from gradcheck.arrays import Array
from gradcheck.explanation.groups import Groups
from gradcheck.explanation.handed_back import HANDED_BACK, gathered
from gradcheck.program.ops import ELEMENTWISE, NORMALISATIONS, UNARY
from gradcheck.program.recording import Op


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
        if op.type in HANDED_BACK:
            return self._handed_back(op, counts)
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
            case name if name in ELEMENTWISE or name in _ONE_BY_ONE:
                some = [counts] * len(op.inputs)
            case "MatMul" | "BatchMatMulV2":
                return [self._rows(op, counts), None]
            case "Mean":
                return [next(HANDED_BACK["Sum"](op, counts, self._program.recording))[1] > 0, None]
            case _:
                return [None] * len(op.inputs)
        here = self._program.here
        return [gathered(own, here[number].shape) > 0 for number, own in zip(op.inputs, some, strict=True)]

    def _handed_back(self, op: Op, counts: Array) -> Sequence[Array | None]:
        """Return the same for what adds up or arranges what it is given; not by what is made from variables."""
        recording = self._program.recording
        if any(
            number in self._of_variables and not recording.tensors[number].floating for number in op.inputs
        ):
            return [None] * len(op.inputs)
        known = dict(HANDED_BACK[op.type](op, counts.astype(float), recording))
        return [
            known[number] > 0 if op.inputs.count(number) == 1 and number in known else None
            for number in op.inputs
        ]

    def _rows(self, op: Op, counts: Array) -> Array | None:
        """Return which rows of a matrix count that is multiplied by another one."""
        shape = self._program.here[op.inputs[0]].shape
        turned = any(op.attributes.get(name) for name in ("transpose_a", "adj_x"))
        if turned or counts.shape[:-1] != shape[:-1]:
            return None
        return np.broadcast_to(counts.any(axis=-1, keepdims=True), shape)

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


_ONE_BY_ONE = (UNARY | {"StopGradient"}) - frozenset(NORMALISATIONS)
"""The ops that make each element of one of what they are given."""
