"""Batches derived from a case's own: some of its rows, with a few values changed to edge cases.

Nothing is made up that the case's own batch does not allow. Integers, booleans, text and flags (floats that
are 0 or 1) keep to the values that are there, so that an index stays one; what is never negative stays so;
values between 0 and 1 are not scaled up; rows that sum to one are not changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from hypothesis import strategies as st

from gradcheck.arrays import Array
from gradcheck.errors import CaseError, described
from gradcheck.targets.batches import leaves, replace_leaves
from gradcheck.targets.samples import SampleAxis

PerturbationKind = Literal["tie", "zero", "flip", "scale"]

MOST_SAMPLES = 32
"""The largest batch that is made: a difference between formulations shows on few samples, or on none."""

MOST_CHANGES = 2

_EVEN = (2, 4, 8, 16)
"""Sizes to prefer: a loss that splits its batch raises where that does not come out even."""

_POWERS = (-1, 1, -3, 3, -6, 6)
_SUM_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Perturbation:
    """One thing done to the array at `place`.

    Parameters
    ----------
    kind
        ``tie`` gives every row the values of the first, ``zero`` makes it zero, ``flip`` turns the sign,
        ``scale`` multiplies by ten to the `power`.
    row
        Of which row; None for all of them.
    """

    place: str
    kind: PerturbationKind
    power: int = 0
    row: int | None = None

    def __str__(self) -> str:
        where = f"`{self.place}`" if self.row is None else f"row {self.row} of `{self.place}`"
        if self.kind == "tie":
            return f"every row of `{self.place}` set equal to the first"
        if self.kind == "zero":
            return f"{where} set to zero"
        return f"{where} negated" if self.kind == "flip" else f"{where} times 1e{self.power:+d}"

    def applied(self, array: Array) -> Array:
        """Return `array`, of shape (n, ...), with the change made; a scale that would overflow is left out."""
        if self.kind == "tie":
            return np.repeat(array[:1], len(array), axis=0)
        changed = array.copy()
        rows = slice(None) if self.row is None else slice(self.row, self.row + 1)
        with np.errstate(over="ignore"):
            changed[rows] = self._changed(array[rows])
        overflowed = np.isfinite(array).all() and not np.isfinite(changed).all()
        return array if overflowed else changed

    def _changed(self, values: Array) -> Array:
        if self.kind == "zero":
            return np.zeros_like(values)
        if self.kind == "flip":
            return -values
        with np.errstate(over="ignore"):  # half precision ends at 65504
            return (values * np.float64(10.0**self.power)).astype(values.dtype)


@dataclass(frozen=True)
class Variant:
    """A batch, by how it is made from the one that the case has with `seed`.

    `rows` are row numbers of that batch, one for each sample, and may repeat.
    """

    seed: int
    rows: tuple[int, ...]
    changes: tuple[Perturbation, ...] = ()

    @property
    def samples(self) -> int:
        """The number of samples, n."""
        return len(self.rows)

    @property
    def size(self) -> tuple[Any, ...]:
        """What to sort by for the smallest: fewer samples, fewer changes, the first seed, the first rows."""
        return len(self.rows), len(self.changes), self.seed, self.rows, str(self.changes)

    def batch(self, own: Mapping[str, Any], axis: SampleAxis) -> dict[str, Any]:
        """Return this variant of the batch `own`, whose sample axis is `axis`, with the same nesting."""
        arrays = {place: self._array(place, array, axis) for place, array in arrays_of(own).items()}
        made: dict[str, Any] = replace_leaves(own, arrays)
        return made

    def _array(self, place: str, array: Array, axis: SampleAxis) -> Array:
        if not array.ndim:
            return array
        if place in axis.places:
            array = array[np.array(self.rows) % len(array)]
        for change in self.changes:
            if change.place == place:
                array = change.applied(array)
        return array


def arrays_of(batch: Mapping[str, Any]) -> dict[str, Array]:
    """Return the arrays of a batch by their places in the nest, such as ``nets/0/weights``.

    Raises
    ------
    CaseError
        One of them has no rows that could be drawn again, such as a ragged or a sparse tensor.
    """
    return {place: _array_of(place, leaf) for place, leaf in leaves(batch)}


def _array_of(place: str, leaf: Any) -> Array:
    try:
        array = np.asarray(leaf.numpy() if hasattr(leaf, "numpy") else leaf)
    except ValueError:  # rows of unequal lengths
        array = np.empty(0, dtype=object)
    text = array.dtype == object and all(isinstance(item, bytes | str) for item in array.flat)
    if (array.dtype == object and not (text and array.size)) or not hasattr(array, "shape"):
        raise CaseError(
            f"the batch cannot be resampled: `{place}` is {described(leaf)}, not an array of numbers "
            "whose rows can be drawn again"
        )
    return array


def possible_changes(arrays: Mapping[str, Array]) -> list[Perturbation]:
    """Return every change that the arrays of a batch allow, of all rows; by kinds, the gentlest first."""
    changes = [
        Perturbation(place, kind, power)
        for place, array in arrays.items()
        if array.ndim
        for kind, power in _kinds(array)
    ]
    order: list[PerturbationKind] = ["tie", "zero", "flip", "scale"]
    return sorted(changes, key=lambda change: order.index(change.kind))


def _kinds(array: Array) -> list[tuple[PerturbationKind, int]]:
    kinds: list[tuple[PerturbationKind, int]] = [("tie", 0)]
    if array.dtype.kind != "f" or not array.size or _is_flags(array) or _is_distribution(array):
        return kinds
    kinds.append(("zero", 0))
    if (array < 0).any():
        kinds.append(("flip", 0))
    within_one = bool(((array >= 0) & (array <= 1)).all())
    return kinds + [("scale", power) for power in _POWERS if power < 0 or not within_one]


def _is_flags(array: Array) -> bool:
    return bool(np.isin(array, (0, 1)).all())


def _is_distribution(array: Array) -> bool:
    """Return whether `array` holds probabilities: rows, along the last axis, that sum to one."""
    if array.ndim < 2 or not (array >= 0).all():
        return False
    return bool(np.abs(array.sum(axis=-1, dtype="float64") - 1).max() < _SUM_TOLERANCE)


def variants(
    seeds: Sequence[int], samples: int, changes: Sequence[Perturbation]
) -> st.SearchStrategy[Variant]:
    """Return a strategy for variants that shrinks to one row, unchanged, with the first of `seeds`.

    Parameters
    ----------
    samples
        How many rows there are to draw from.
    changes
        From `possible_changes`: up to two of these are made.
    """
    row = st.integers(0, samples - 1)
    even = st.sampled_from(_EVEN).flatmap(lambda n: st.lists(row, min_size=n, max_size=n))
    rows = st.lists(row, min_size=1, max_size=MOST_SAMPLES) | even
    return st.builds(_variant, rows, _lists_of(changes), st.sampled_from(list(seeds)))


def _lists_of(changes: Sequence[Perturbation]) -> st.SearchStrategy[list[tuple[Perturbation, int | None]]]:
    if not changes:
        return st.just([])
    row = st.none() | st.integers(0, MOST_SAMPLES - 1)
    return st.lists(st.tuples(st.sampled_from(list(changes)), row), max_size=MOST_CHANGES)


def _variant(rows: list[int], changes: list[tuple[Perturbation, int | None]], seed: int) -> Variant:
    made = [_of_row(change, row, len(rows)) for change, row in changes]
    return Variant(seed, tuple(rows), tuple(dict.fromkeys(made)))


def _of_row(change: Perturbation, row: int | None, samples: int) -> Perturbation:
    if row is None or change.kind == "tie":
        return change
    return Perturbation(change.place, change.kind, change.power, row % samples)
