"""A quantity without padding in one with it: the samples that a loop cuts to their length, against a mask."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Mapping

import numpy as np

from gradcheck.arrays import Array
from gradcheck.explanation.group import Group
from gradcheck.explanation.groups import Groups
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
    """

    def __init__(self, program: Groups) -> None:
        self._program = program

    def sources(self, group: Group, other: Group) -> Iterator[Source]:
        """Yield how a smaller quantity may be put in place of one where a mask holds."""
        shape = group.value.shape
        if len(group.numbers) > 1 or group.key.given or other.size >= group.size:
            return
        for number, mask in self._masks.items():
            held = np.count_nonzero(mask) * math.prod(shape[mask.ndim :])
            if mask.shape == shape[: mask.ndim] and held == other.size:
                yield Source(other.numbers, shape=(other.size,), where=number)

    @functools.cached_property
    def _masks(self) -> Mapping[int, Array]:
        """Masks of padding that no variable moves, by number: each pattern once."""
        found: dict[tuple[Shape, bytes], int] = {}
        here = self._program.here
        for number, value in here.items():
            if number not in self._program.recording.trainable and _is_mask(value):
                found.setdefault((value.shape, (value != 0).tobytes()), number)
        return {number: here[number] != 0 for number in list(found.values())[:MOST]}


def _is_mask(value: Array) -> bool:
    """Return whether each row is ones and then zeros: others, such as a diagonal, are no padding."""
    if value.ndim < 2 or not ((value == 0) | (value == 1)).all():
        return False
    padded = bool((value[..., :-1] >= value[..., 1:]).all())
    return padded and 0 < int(np.count_nonzero(value)) < value.size
