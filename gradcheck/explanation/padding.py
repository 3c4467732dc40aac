"""A quantity without what does not count in one with it: samples that a loop cuts or skips, against a mask."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Mapping

import numpy as np

from gradcheck.arrays import Array
from gradcheck.explanation.counting import Counting
from gradcheck.explanation.group import Group
from gradcheck.explanation.groups import Groups
from gradcheck.program.queries import is_mask
from gradcheck.program.recording import Shape
from gradcheck.program.splice import Source

MOST = 8
"""How many masks are tried."""


class Padding:
    """The masks of a program.

    Parameters
    ----------
    program
        Its quantities.
    counting
        Which elements of these count.
    """

    def __init__(self, program: Groups, counting: Counting) -> None:
        self._program, self._counting = program, counting

    def sources(self, group: Group, other: Group) -> Iterator[Source]:
        """Yield how a smaller quantity may be put in place of one where a mask holds."""
        shape = group.value.shape
        if len(group.numbers) > 1 or group.key.given or other.size >= group.size:
            return
        for number, mask in self._masks.items():
            held = np.count_nonzero(mask) * math.prod(shape[mask.ndim :])
            fits = mask.shape == shape[: mask.ndim] and held == other.size
            if fits and (_is_padding(mask) or self._is_of_what_counts(mask, group)):
                yield Source(other.numbers, shape=(other.size,), where=number)

    def _is_of_what_counts(self, mask: Array, group: Group) -> bool:
        counts, shape = self._counting.of(group.numbers), group.value.shape
        along = mask.reshape(*mask.shape, *[1] * (len(shape) - mask.ndim))
        return counts is not None and np.array_equal(counts, np.broadcast_to(along, shape))

    @functools.cached_property
    def _masks(self) -> Mapping[int, Array]:
        """Masks that no variable moves, by number: each pattern once."""
        found: dict[tuple[Shape, bytes], int] = {}
        here = self._program.here
        for number, value in here.items():
            if is_mask(number, self._program.recording):
                found.setdefault((value.shape, (value != 0).tobytes()), number)
        return {number: here[number] != 0 for number in list(found.values())[:MOST]}


def _is_padding(mask: Array) -> bool:
    """Return whether each row is ones and then zeros: others, such as a diagonal, are no padding."""
    return mask.ndim > 1 and bool((mask[..., :-1] >= mask[..., 1:]).all())
