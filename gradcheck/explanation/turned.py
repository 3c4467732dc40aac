"""Quantities that a loop computes from the end, in what an array holds from the beginning."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from gradcheck.arrays import Array
from gradcheck.explanation.group import Group
from gradcheck.explanation.groups import Groups
from gradcheck.program.recording import Shape
from gradcheck.program.splice import Source

_MOST = 16
"""How many quantities are looked at."""


class Turned:
    """The axes along which quantities of one program are those of another from the last to the first.

    Parameters
    ----------
    candidate
        The quantities of the one.
    moved
        Returns those of the other that have the same numbers as one of these, in another order.
    """

    def __init__(self, candidate: Groups, moved: Callable[[Group], Sequence[Group]]) -> None:
        self._candidate, self._moved = candidate, moved

    def sources(self, group: Group, other: Group) -> Iterator[Source]:
        """Yield how the runs of a loop may be put in place of an array, as where others are right."""
        shape = group.value.shape
        if len(group.numbers) == 1 < len(other.numbers) and other.size == group.size:
            for axis, turned in self._known:
                if turned < len(shape) and axis in lying_along(shape, other):
                    yield Source(other.numbers, shape=shape, axis=axis, turned=turned)

    @functools.cached_property
    def _known(self) -> list[tuple[int, int]]:
        """Along which axis the runs of some quantity lie, and which is turned."""
        arrays = (one for one in self._candidate.whole if len(one.numbers) == 1 and one.value.ndim > 1)
        pairs = ((one, other) for one in arrays for other in self._moved(one) if len(other.numbers) > 1)
        found = (way for pair in itertools.islice(pairs, _MOST) for way in _ways(*pair))
        return list(dict.fromkeys(found))


def lying_along(shape: Shape, other: Group) -> list[int]:
    """Return along which axes of a shape the runs of a quantity may lie."""
    runs = len(other.numbers)
    return [axis for axis, length in enumerate(shape) if length > 1 and runs and runs % length == 0]


def _ways(group: Group, other: Group) -> Iterator[tuple[int, int]]:
    shape = group.value.shape
    for axis in lying_along(shape, other):
        laid = _laid_out(other.value, shape, axis)
        for turned, length in enumerate(shape):
            if length > 1 and np.allclose(np.flip(laid, turned), group.value, rtol=1e-6, atol=0.0):
                yield axis, turned


def _laid_out(value: Array, shape: Shape, axis: int) -> Array:
    """Return the numbers of runs in a shape, in which the runs lie along an axis."""
    first = (shape[axis], *shape[:axis], *shape[axis + 1 :])
    return np.moveaxis(value.reshape(first), 0, axis)
