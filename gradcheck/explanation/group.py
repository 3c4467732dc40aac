"""A quantity of a program: what an expression gave, in one run or in all its runs together."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.program.recording import Op
from gradcheck.program.splice import STEP, Spot
from gradcheck.source import Site

_MIX = 0.6180339887
"""How much of the derivative is added to a value to make one number of both."""

ALL = -1
"""The variant of what an expression gave in runs of several lengths."""


@dataclass(frozen=True, slots=True)
class Key:
    """Which quantity it is, in every recording of the same source.

    Parameters
    ----------
    site, callers, type, slot
        Of the ops that give it, and the number of their output.
    variant
        Which of the shapes that it gives, in the order in which they come; without a place in the user's code,
        which of the ops: nothing says that they are runs of one expression. `ALL` for several lengths.
    nth
        Which run; None for all of them.
    lane
        Of how many results in turn, and which of these.
    reader
        Which of them: those that are read by ops of this type for this place. What a loop adds up is read by the
        next round, and at last by something else.
    given
        Whether it is what these ops read in that slot and no op made: a constant, the batch; not what they give.
    everywhere
        Whether it is what they give wherever their function is called; there are no callers then.
    once
        Whether that is without what a call gives that another one gave before.
    """

    site: Site | None
    callers: tuple[Site, ...]
    type: str
    slot: int
    variant: int = 0
    nth: int | None = None
    lane: tuple[int, int] = (1, 0)
    reader: tuple[Site | None, str] | None = None
    given: bool = False
    everywhere: bool = False
    once: bool = False


class Group:
    """A quantity.

    Parameters
    ----------
    key
        Which it is.
    ops
        Those that give it; of what is `given`, those that read it.
    here, there
        The values of all tensors of the program by number, at both points.
    """

    def __init__(
        self, key: Key, ops: tuple[Op, ...], here: Mapping[int, Array], there: Mapping[int, Array]
    ) -> None:
        self.key, self.ops = key, ops
        tensors = ((op.inputs if key.given else op.outputs)[key.slot] for op in ops)
        self.numbers = tuple(dict.fromkeys(tensors))
        self._here, self._there = here, there

    @property
    def op(self) -> Op:
        """The first op that gives it."""
        return self.ops[0]

    @property
    def spot(self) -> Spot:
        """Where it is replaced."""
        return Spot(tuple(op.index for op in self.ops), self.key.slot, reads=self.key.given)

    @functools.cached_property
    def value(self) -> Array:
        """Its value: of several runs, stacked."""
        return self._of(self._here)

    @functools.cached_property
    def slope(self) -> Array:
        """How its elements change on the way to the other point."""
        with np.errstate(invalid="ignore", over="ignore"):
            slope: Array = (self._of(self._there) - self.value) / STEP
        return np.where(np.isfinite(self.value), slope, 0.0)

    @functools.cached_property
    def mixed(self) -> Array:
        """Value and slope of each element as one number."""
        with np.errstate(invalid="ignore", over="ignore"):
            mixed: Array = self.value + _MIX * self.slope
        return mixed

    @functools.cached_property
    def parts(self) -> Array:
        """How large what `mixed` is the sum of is: where it cancels, it is rounded by as much as that is."""
        with np.errstate(over="ignore"):
            parts: Array = np.abs(self.value) + _MIX * np.abs(self.slope)
        return parts

    @functools.cached_property
    def fingerprint(self) -> bytes:
        """What two quantities share only if they have the same elements, bit by bit, at both points."""
        at = (np.ascontiguousarray(self._of(values)) for values in (self._here, self._there))
        return hashlib.blake2b(b"".join(array.tobytes() for array in at)).digest()

    @functools.cached_property
    def is_finite(self) -> bool:
        """Whether its elements and how they change are finite."""
        return bool(np.isfinite(self.mixed).all())

    @property
    def differs_in_length(self) -> bool:
        """Whether its runs differ in the length of the first axis, and in nothing else."""
        shapes = {self._here[number].shape for number in self.numbers}
        return len(shapes) > 1 and () not in shapes and len({shape[1:] for shape in shapes}) == 1

    @property
    def size(self) -> int:
        """How many elements it has."""
        return self.value.size

    @functools.cached_property
    def moves(self) -> bool:
        """Whether a gradient passes it."""
        return bool((np.abs(self.slope) > _STILL * (np.abs(self.value) + _STILL)).any())

    @functools.cached_property
    def is_weak(self) -> bool:
        """Whether its numbers may be found anywhere: no gradient passes it, and few of them are unusual."""
        return not self.moves and len(unusual(self.value)) < _ENOUGH

    def only(self, counts: Array) -> Group:
        """Return those of its elements that count, one after the other."""
        return _Some(self.key, self.ops, self._here, self._there, counts=counts)

    def _of(self, values: Mapping[int, Array]) -> Array:
        if len(self.numbers) == 1:
            return values[self.numbers[0]]
        together = np.concatenate if self.key.variant == ALL else np.stack
        return together([values[number] for number in self.numbers])


class _Some(Group):
    """Some elements of a quantity."""

    def __init__(self, *whole: Any, counts: Array) -> None:
        super().__init__(*whole)
        self._counts = counts

    def _of(self, values: Mapping[int, Array]) -> Array:
        return super()._of(values)[self._counts]


_STILL = 1e-7
_ENOUGH = 2


def unusual(value: Array) -> Array:
    """Return the different numbers in `value` that are not everywhere: no halves, no whole numbers up to ten."""
    flat = np.unique(value[np.isfinite(value)])
    plain = (flat * 2 == np.rint(flat * 2)) & (np.abs(flat) <= 10)
    found: Array = flat[~plain]
    return found
