"""Which quantities of one side the other has too: as a whole, or number by number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import numpy as np

from gradcheck.arrays import Array, each_is_among
from gradcheck.program.recording import Recording, Shape
from gradcheck.source import Site

Values = Mapping[int, Array]
Match = Literal["whole", "numbers", "no"]
"""``whole``: one tensor, or what an expression gave in its runs together, holds the same numbers, in whatever
order. ``numbers``: each number that is finite and not zero occurs somewhere."""

CLOSE = 1e-9
"""Relative difference up to which two float64 values are the same quantity."""


class Counterparts:
    """The quantities of one side.

    Parameters
    ----------
    recording, values
        Of that side; the values by tensor number, in float64.
    """

    def __init__(self, recording: Recording, values: Values) -> None:
        self._values = {
            number: value for number, value in values.items() if value.dtype.kind == "f" and value.size
        }
        self._runs = _runs(recording, self._values)
        self._least = {number: float(value.min()) for number, value in self._values.items()}
        self._by_size: dict[int, tuple[Array, list[Sequence[int]]]] = {}
        together = np.concatenate([np.zeros(0), *(value.ravel() for value in self._values.values())])
        self._numbers = np.unique(together[np.isfinite(together)])

    def match(self, array: Array) -> Match:
        """Return how well `array` is matched."""
        if not self._has_each(array.ravel()):
            return "no"
        return "whole" if array.size == 0 or self._has_whole(array) else "numbers"

    def _has_each(self, elements: Array) -> bool:
        # A mask makes zeros that no loop computes.
        computed = elements[np.isfinite(elements) & (elements != 0)]
        return each_is_among(computed, self._numbers, CLOSE)

    def _has_whole(self, array: Array) -> bool:
        smallest, groups = self._of(array.size)
        wanted = np.sort(array.ravel())
        least, slack = float(array.min()), 2 * CLOSE * abs(float(array.min()))
        start, end = (
            np.searchsorted(smallest, least - slack),
            np.searchsorted(smallest, least + slack, "right"),
        )
        near = (self._sorted(numbers) for numbers in groups[start:end])
        return any(np.allclose(one, wanted, rtol=CLOSE, atol=0.0) for one in near)

    def _of(self, size: int) -> tuple[Array, list[Sequence[int]]]:
        """Return what has `size` elements, by the smallest: tensors, and runs of one expression together."""
        if size not in self._by_size:
            groups = list(self._with(size))
            smallest = np.array([min(self._least[number] for number in numbers) for numbers in groups])
            order = np.argsort(smallest)
            self._by_size[size] = smallest[order], [groups[place] for place in order]
        return self._by_size[size]

    def _with(self, size: int) -> Iterator[Sequence[int]]:
        yield from ([number] for number, value in self._values.items() if value.size == size)
        for numbers in self._runs:
            runs, rest = divmod(size, self._values[numbers[0]].size)
            if rest == 0 and runs > 1 and len(numbers) % runs == 0:
                step = len(numbers) // runs  # an expression has several ops alike: each run gives one of each
                yield from (numbers[start::step] for start in range(step))

    def _sorted(self, numbers: Sequence[int]) -> Array:
        return np.sort(np.concatenate([self._values[number].ravel() for number in numbers]))


def _runs(recording: Recording, values: Values) -> list[list[int]]:
    """Return the tensors of one shape that ops of one type gave at one place, where they are several."""
    found: dict[tuple[Site | None, str, int, Shape], list[int]] = {}
    for op in recording.ops:
        for slot, number in enumerate(op.outputs):
            if number in values:
                found.setdefault((op.site, op.type, slot, values[number].shape), []).append(number)
    return [numbers for numbers in found.values() if len(numbers) > 1]
