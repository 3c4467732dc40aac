"""Which quantities of two programs are the same: in their numbers, however arranged, and in their derivative."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gradcheck.arrays import Array, are_among, each_is_among, largest
from gradcheck.explanation.counting import Counting
from gradcheck.explanation.group import Group, unusual
from gradcheck.explanation.groups import Groups
from gradcheck.explanation.padding import Padding
from gradcheck.explanation.turned import Turned

CLOSE = 1e-6
"""Relative difference up to which two numbers, each a value and its derivative together, are the same.

That is some roundings of float32, in which constants are, and what two programs differ by in second order.
"""

SAME_SLOPE = 1e-5
"""Relative difference up to which two derivatives are the same."""

ROUNDED = 1e-8
"""What rounding in float64 adds to a derivative, relative to the value: a few roundings over the step."""

Standing = Literal["same", "moved", "scaled", "numbers", "weak", "no"]
"""How a quantity of the candidate stands to the reference. ``same``: it has one with these numbers in this order,
up to the sign. ``moved``: in another order. ``scaled``: up to a constant factor. ``numbers``: each number occurs
somewhere. ``weak``: it holds what is found anywhere, which tells nothing. ``no``: none of these. What a mask
multiplies by zero may be anything."""


@dataclass(frozen=True)
class Match:
    """A quantity of the reference that a quantity of the candidate is equal to.

    Parameters
    ----------
    group
        The reference's.
    factor
        The candidate's is this times the reference's.
    in_order
        Whether the numbers come in the same order.
    total
        Whether it is the sum of all numbers of the reference's.
    """

    group: Group
    factor: float
    in_order: bool
    total: bool = False


class Alignment:
    """What of the candidate has a counterpart in the reference.

    Parameters
    ----------
    candidate, reference
        The quantities of both.
    """

    def __init__(self, candidate: Groups, reference: Groups) -> None:
        self.candidate, self.reference = candidate, reference
        self.counting = Counting(candidate)
        self.padding = Padding(candidate, self.counting)
        self.turned = Turned(candidate, self._moved)
        self._standing: dict[Group, Standing] = {}
        self._matches: dict[Group, list[Match]] = {}

    def standing(self, group: Group) -> Standing:
        """Return how a quantity of the candidate stands to the reference."""
        if group not in self._standing:
            self._standing[group] = self._judged(group)
        return self._standing[group]

    def size(self, group: Group) -> int:
        """Return how many elements of a quantity of the candidate count."""
        counts = self.counting.of(group.numbers)
        return group.size if counts is None or group.key.given else int(np.count_nonzero(counts))

    def matches(self, group: Group) -> list[Match]:
        """Return the quantities of the reference that one of the candidate is equal to, up to a factor."""
        if group not in self._matches:
            self._matches[group] = [] if group.is_weak else list(self._index.matches(group))
        return self._matches[group]

    def _moved(self, group: Group) -> list[Group]:
        """Return the quantities of the reference that hold the very numbers of one, in another order."""
        found = self.matches(group) if self.standing(group) == "moved" else []
        return [one.group for one in found if one.factor == 1 and not (one.in_order or one.total)]

    def plain(self, group: Group) -> list[Group]:
        """Return the quantities of the reference that hold the very numbers of one, in the same order."""
        return [one.group for one in self.matches(group) if one.factor == 1 and one.in_order]

    def totals(self, value: float, slope: float) -> Iterator[Match]:
        """Yield the quantities of the reference of whose sum a number is a multiple, at both points."""
        return self._index.totals(value, slope)

    def _judged(self, group: Group) -> Standing:
        if group.is_weak:
            return "weak"
        if self._is_the_same_variable(group):
            return "same"
        standing = self._by_matches(self.matches(group)) or self._numbers_of(group)
        counts = self.counting.of(group.numbers) if standing in ("numbers", "no") else None
        if counts is None or not counts.any() or group.key.given:
            return standing
        some = group.only(counts)
        if some.is_weak:
            return standing
        return self._by_matches(self._index.matches(some)) or self._numbers_of(some)

    @staticmethod
    def _by_matches(matches: Iterable[Match]) -> Standing | None:
        found = list(matches)
        plain = [match for match in found if abs(match.factor) == 1 and not match.total]
        if plain:
            return "same" if any(match.in_order for match in plain) else "moved"
        return "scaled" if found else None

    def _numbers_of(self, group: Group) -> Standing:
        return "numbers" if self._has_numbers(group.mixed, group.parts) else "no"

    def _is_the_same_variable(self, group: Group) -> bool:
        """Return whether both read the same variables, which takes no search: these may be most of a program."""
        other = self._variables.get(_variables_of(group, self.candidate))
        if other is None or not group.is_finite:
            return False
        return np.array_equal(group.value, other.value) and np.array_equal(group.slope, other.slope)

    @functools.cached_property
    def _variables(self) -> dict[tuple[str | None, ...], Group]:
        found = {_variables_of(group, self.reference): group for group in self.reference.whole}
        return {paths: group for paths, group in found.items() if None not in paths}

    @functools.cached_property
    def _index(self) -> _Index:
        return _Index(list(self.reference.all))

    @functools.cached_property
    def _numbers(self) -> Array:
        together = [group.mixed.ravel() for group in self.reference.whole]
        numbers = np.concatenate([np.zeros(0), *together])
        return np.unique(numbers[np.isfinite(numbers)])

    def has_each(self, number: int) -> bool:
        """Return whether each element of a tensor of the candidate occurs in the reference."""
        group = self.candidate.of[number]
        own = ... if len(group.numbers) == 1 else group.numbers.index(number)
        return self._has_numbers(group.mixed[own], group.parts[own])

    def has_most(self, group: Group) -> bool:
        """Return whether half of the elements of a quantity, or more, occur in the reference."""
        elements, within = self._telling(group.mixed, group.parts)
        known = are_among(elements, self._numbers, within)
        return known.size > 0 and bool(known.mean() >= _HALF)

    def _has_numbers(self, mixed: Array, parts: Array) -> bool:
        elements, within = self._telling(mixed, parts)
        return each_is_among(elements, self._numbers, within)

    def _telling(self, mixed: Array, parts: Array) -> tuple[Array, Array]:
        """Return the elements that tell, and how far each may be from another one that it is.

        No zeros, as of a mask, nor almost zeros, as of what keeps off a pole.
        """
        telling = np.isfinite(mixed) & (np.abs(mixed) > _TINY * largest(mixed))
        return mixed[telling], CLOSE * parts[telling]


_HALF = 0.5


def _variables_of(group: Group, program: Groups) -> tuple[str | None, ...]:
    """Return which variable each tensor of a quantity was read from; None for one that was made."""
    return tuple(program.recording.reads.get(number) for number in group.numbers)


class _Index:
    """Quantities of one program, to be found by their numbers."""

    def __init__(self, groups: list[Group]) -> None:
        self._by_size: dict[int, list[Group]] = {}
        for group in groups:
            if not group.is_weak and group.is_finite:
                self._by_size.setdefault(group.size, []).append(group)
        self._moving = [group for group in groups if group.moves and group.is_finite]

    def matches(self, group: Group) -> Iterator[Match]:
        if not group.is_finite:
            return
        for other in self._alike(group):
            factor = _factor(group, other)
            if factor is not None and _same_numbers(group, other, factor):
                yield Match(other, factor, _in_order(group, other, factor))
        if group.size == 1 and group.moves:
            yield from self._totals(group)

    def _alike(self, group: Group) -> list[Group]:
        """Return what has the same invariants."""
        found = self._by_size.get(group.size, [])
        if not found:
            return []
        own, others = _invariants(group), self._invariants(group.size)
        near = np.abs(others - own) <= 10 * CLOSE * (np.abs(own) + np.abs(others))
        return [found[place] for place in np.flatnonzero(near.all(axis=1))]

    @functools.cache  # noqa: B019 - lives as long as one alignment
    def _invariants(self, size: int) -> Array:
        return np.array([_invariants(group) for group in self._by_size[size]])

    def _totals(self, group: Group) -> Iterator[Match]:
        return self.totals(float(group.value.ravel()[0]), float(group.slope.ravel()[0]))

    def totals(self, value: float, slope: float) -> Iterator[Match]:
        """Yield the quantities of whose sum a number with this slope is a multiple."""
        if value == 0:
            return
        for other, (total, moved) in zip(self._moving, self._sums, strict=True):
            if total and math.isclose(moved / total, slope / value, rel_tol=SAME_SLOPE, abs_tol=ROUNDED):
                yield Match(other, value / total, in_order=False, total=True)

    @functools.cached_property
    def _sums(self) -> list[tuple[float, float]]:
        return [(float(group.value.sum()), float(group.slope.sum())) for group in self._moving]


def _invariants(group: Group) -> tuple[float, float]:
    """Return what does not depend on the order of the elements, nor on a factor."""
    value, slope = group.value.ravel(), group.slope.ravel()
    square = float(value @ value)
    if square == 0:
        square = float(slope @ slope) or 1.0
    return float(value @ slope) / square, float(np.abs(value).sum()) / math.sqrt(square)


def _factor(group: Group, other: Group) -> float | None:
    """Return the factor between two quantities of the same invariants: 1 where the numbers are the same."""
    own, others = group.mixed.ravel(), other.mixed.ravel()
    there = float(np.linalg.norm(others))
    if there == 0:
        return None
    size = float(np.linalg.norm(own)) / there
    if size == 0:
        return None
    if math.isclose(size, 1.0, rel_tol=CLOSE):
        size = 1.0
    elif not group.moves and len(unusual(group.value)) < _ENOUGH_FOR_A_FACTOR:
        return None
    return next((sign * size for sign in (1, -1) if _same_numbers(group, other, sign * size)), None)


_ENOUGH_FOR_A_FACTOR = 3


def _same_numbers(group: Group, other: Group, factor: float) -> bool:
    own = group.mixed.ravel()
    order = np.argsort(own)
    if not _close(own[order], np.sort(factor * other.mixed.ravel()), CLOSE * group.parts.ravel()[order]):
        return False
    if group.size > 1:
        return True
    # Any two numbers are multiples of each other: value and slope have to be so for themselves.
    pairs = ((group.value, other.value), (group.slope, other.slope))
    return all(_close(a.ravel(), factor * b.ravel(), 10 * CLOSE * np.abs(a.ravel())) for a, b in pairs)


def _in_order(group: Group, other: Group, factor: float) -> bool:
    own, others = group.mixed, factor * other.mixed
    within = CLOSE * group.parts.ravel()
    if _close(own.ravel(), others.ravel(), within):
        return True
    # Samples may lie along another axis than the first.
    own, others = np.squeeze(own), np.squeeze(others)
    return own.ndim == others.ndim > 1 and any(
        moved.shape == own.shape and _close(own.ravel(), moved.ravel(), within)
        for moved in (np.moveaxis(others, 0, axis) for axis in range(1, own.ndim))
    )


def _close(one: Array, other: Array, within: Array) -> bool:
    with np.errstate(invalid="ignore"):
        apart = np.abs(one - other)
    return bool((apart <= within + _TINY * largest(one)).all())


_TINY = 1e-10
