"""Where two programs part: the earliest place where the reference's quantity repairs the candidate."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from gradcheck.arrays import Array
from gradcheck.explanation.align import CLOSE, Alignment
from gradcheck.explanation.groups import Group
from gradcheck.program.recording import Shape
from gradcheck.program.splice import STEP, Source, Splice
from gradcheck.program.work import Work


class Bench(Protocol):
    """Replays the candidate with splices in place."""

    def values(
        self, splices: Sequence[Splice], numbers: Sequence[int]
    ) -> tuple[list[Array], list[Array]] | None:
        """Return what tensors of it are then, at both points; None where it cannot be run so."""


@dataclass(frozen=True)
class Reading:
    """A number at both points."""

    value: float
    slope: float

    def is_near(self, other: Reading) -> bool:
        """Return whether two readings are the same but for rounding."""
        near_value = math.isclose(self.value, other.value, rel_tol=CLOSE)
        return near_value and math.isclose(self.slope, other.slope, rel_tol=_SAME_SLOPE)


_SAME_SLOPE = 1e-5


@dataclass(frozen=True)
class Aim:
    """What is to come out: the candidate's tensor, and what it has to be at both points."""

    number: int
    wanted: Reading


@dataclass(frozen=True)
class Hit:
    """A place where a quantity of the reference repairs the candidate.

    Parameters
    ----------
    candidate, reference
        The quantity that is replaced, and the one that takes its place.
    splice
        How.
    """

    candidate: Group
    reference: Group
    splice: Splice


class Interchanger:
    """Tries quantities of the reference in place of the candidate's.

    Parameters
    ----------
    alignment
        What of the candidate has a counterpart.
    bench
        Replays the candidate.
    aim
        What has to come out.
    work
        What it may cost.
    done
        Splices that are in place already.
    """

    def __init__(
        self, alignment: Alignment, bench: Bench, aim: Aim, work: Work, done: Sequence[Splice] = ()
    ) -> None:
        self._alignment, self._bench, self._aim, self._done = alignment, bench, aim, tuple(done)
        self._work = work
        self.tried = 0

    def first(self) -> Hit | None:
        """Return the earliest place that can be repaired; None where there is none, or the work is done.

        A quantity that tells nothing by its numbers, such as a mask, is tried where something is made of it that
        can be repaired; one that the reference has, too, where nothing else can: it is the wrong one there.
        """
        alignment = self._alignment
        telling = (one for one in alignment.candidate.places if alignment.standing(one) != "weak")
        found = self._first(one for one in telling if self._aim.number not in one.numbers)
        if found is None:
            return self._in_place_of_another()
        if is_multiple(found):
            return found  # what it is made of is right, too: it is how it is read that is wrong
        before = alignment.candidate.before(found.candidate)
        weak = (one for one in alignment.candidate.places if one.key in before)
        return self._first(one for one in weak if alignment.standing(one) == "weak") or found

    def _in_place_of_another(self) -> Hit | None:
        """Return the latest quantity that stands for one of the reference which the candidate has nowhere."""
        alignment = self._alignment
        reverse = Alignment(alignment.reference, alignment.candidate)
        missing = [one for one in alignment.reference.all if reverse.standing(one) in ("no", "numbers")]
        right = [one for one in alignment.candidate.places if alignment.standing(one) in ("same", "moved")]
        pairs = (
            (group, other)
            for group in reversed(right)
            for other in sorted(missing, key=lambda one: likeness(group, one))
            if other.size == group.size and np.isfinite(other.mixed).all()
        )
        for group, other in pairs:
            if self._work.cut is not None:
                return None
            tries = (self.attempt(group, other, source) for source in sources(group, other))
            found = next((one for one in tries if one is not None), None)
            if found is not None:
                return found
        return None

    def _first(self, groups: Iterable[Group]) -> Hit | None:
        for group in groups:
            if self._work.cut is not None:
                return None
            found = self._repaired(group)
            if found is not None:
                return found
        return None

    def _repaired(self, group: Group) -> Hit | None:
        if group.size == 1 and len(group.numbers) == 1:
            found = self._by_number(group)
            if found is not None or not self._is_spread(group):
                return found
        tries = (self.attempt(group, other, source) for other, source in self._sources(group))
        return next((found for found in tries if found is not None), None)

    def replaced(self, group: Group, other: Group) -> Hit | None:
        """Return how one quantity of the reference repairs one of the candidate; None where it does not."""
        if group.size == 1 and len(group.numbers) == 1:
            found = self._by_number(group, only=other)
            if found is not None:
                return found
        tries = (self.attempt(group, other, source) for source in sources(group, other))
        return next((found for found in tries if found is not None), None)

    def _is_spread(self, group: Group) -> bool:
        """Return whether a single number is brought together with several."""
        after = self._alignment.candidate.after(group)
        tensors = self._alignment.candidate.recording.tensors
        return any(tensors[number].size > 1 for number in after)

    def _by_number(self, group: Group, only: Group | None = None) -> Hit | None:
        """Return what repairs a single number that the goal follows in a line: what it has to be is known then."""
        spot = group.spot
        needed = self._needed(group)
        if needed is None:
            return None
        for match in self._alignment.totals(needed.value, needed.slope):
            if (only is None or match.group.key == only.key) and is_plain(match.factor, group, match.group):
                source = Source(match.group.numbers, total=True, factor=match.factor, shape=group.value.shape)
                found = self._reading(Splice(spot, source))
                if found is not None and found.is_near(self._aim.wanted):
                    return Hit(group, match.group, Splice(spot, source))
        return None

    def _needed(self, group: Group) -> Reading | None:
        """Return what a number has to be for the goal to be reached; None where that does not follow in a line."""
        spot = group.spot
        at = [self._aim_with(Splice(spot, Source((), factor=times))) for times in (1.0, 2.0, 3.0)]
        if any(one is None for one in at):
            return None
        found = []
        for end in range(2):
            one, two, three = (pair[end] for pair in at if pair is not None)
            rise = two - one
            if rise == 0 or not math.isclose(three - two, rise, rel_tol=1e-6):
                return None
            wanted = self._aim.wanted.value + end * STEP * self._aim.wanted.slope
            found.append(1.0 + (wanted - one) / rise)
        return Reading(found[0], (found[1] - found[0]) / STEP)

    def _sources(self, group: Group) -> Iterator[tuple[Group, Source]]:
        """Yield what may take the place of a quantity, the likeliest first."""
        standing = self._alignment.standing(group)
        found = []
        for other in self._alignment.reference.all if group.numbers else ():
            if not may_replace(group, other, standing, self._alignment):
                continue
            for rank, source in enumerate(sources(group, other)):
                found.append((likeness(group, other), rank, other, source))
        found.sort(key=lambda one: one[:2])
        yield from ((other, source) for *_, other, source in found)

    def attempt(self, group: Group, other: Group, source: Source) -> Hit | None:
        """Return the hit if the aim is reached: as it is, with the other sign, or with a plain factor."""
        spot = group.spot
        plain = self._reading(Splice(spot, source))
        if plain is None:
            return None
        wanted = self._aim.wanted
        if plain.is_near(wanted):
            return Hit(group, other, Splice(spot, source))
        turned = self._reading(Splice(spot, replace(source, factor=-source.factor)))
        if turned is None:
            return None
        if turned.is_near(wanted):
            return Hit(group, other, Splice(spot, replace(source, factor=-source.factor)))
        return self._with_factor(group, other, Splice(spot, source), plain, turned)

    def _with_factor(
        self, group: Group, other: Group, splice: Splice, plain: Reading, turned: Reading
    ) -> Hit | None:
        """Return the hit with the factor for which the goal is reached, where it follows it in a line."""
        wanted = self._aim.wanted
        rise = (plain.value - turned.value) / 2
        if rise == 0 or not math.isfinite(rise):
            return None
        factor = (wanted.value - (plain.value + turned.value) / 2) / rise
        slope = (plain.slope + turned.slope) / 2 + factor * (plain.slope - turned.slope) / 2
        if not math.isclose(slope, wanted.slope, rel_tol=1e-4) or not is_plain(factor, group, other):
            return None
        exact = replace(splice, source=replace(splice.source, factor=factor * splice.source.factor))
        reading = self._reading(exact)
        return Hit(group, other, exact) if reading is not None and reading.is_near(wanted) else None

    def _reading(self, splice: Splice) -> Reading | None:
        found = self._aim_with(splice)
        return None if found is None else Reading(found[0], (found[1] - found[0]) / STEP)

    def _aim_with(self, splice: Splice) -> tuple[float, float] | None:
        """Return what the goal is at both points with a splice in place."""
        self.tried += 1
        found = self._bench.values((*self._done, splice), (self._aim.number,))
        if found is None:
            return None
        (here,), (there,) = found
        return (float(here.ravel()[0]), float(there.ravel()[0])) if here.size == 1 == there.size else None


def reading(here: Array, there: Array) -> Reading:
    """Return what a tensor of one element is at both points."""
    value = float(here.ravel()[0])
    return Reading(value, (float(there.ravel()[0]) - value) / STEP)


def may_replace(group: Group, other: Group, standing: str, alignment: Alignment) -> bool:
    """Return whether a quantity of the reference may be what should stand for one of the candidate."""
    if not np.isfinite(other.mixed).all():
        return False
    if other.key.given and other.is_weak and other.op.type != group.op.type:
        return False  # a zero to begin with, say, is in many programs
    if standing in ("same", "moved"):
        # Its numbers are right: in another order, or with another derivative, they may not be.
        return other.size == group.size and is_twin(group, other)
    if standing == "weak":
        same = np.array_equal(group.value.ravel(), other.value.ravel())
        return other.size == group.size and not (same and not other.moves)
    return True


def is_multiple(hit: Hit) -> bool:
    """Return whether what takes the place of a quantity is a multiple of it, in value and in derivative."""
    own = np.concatenate([hit.candidate.value.ravel(), hit.candidate.slope.ravel()])
    parts = [hit.reference.value.ravel(), hit.reference.slope.ravel()]
    other = np.concatenate([part.sum(keepdims=True) if hit.splice.source.total else part for part in parts])
    size = float(own @ own)
    if own.size != other.size or not 0 < size < math.inf:
        return False
    return np.allclose(other, own * float(own @ other) / size, rtol=CLOSE, atol=CLOSE * math.sqrt(size))


def is_twin(group: Group, other: Group) -> bool:
    """Return whether two quantities hold the same numbers, and differ in their order or their derivative."""
    own, others = group.value.ravel(), other.value.ravel()
    if np.allclose(own, others, rtol=CLOSE, atol=0):
        return not np.allclose(group.slope.ravel(), other.slope.ravel(), rtol=1e-5, atol=1e-8)
    return np.allclose(np.sort(own), np.sort(others), rtol=CLOSE, atol=0)


def likeness(group: Group, other: Group) -> tuple[bool, bool, int]:
    """Return what sorts the quantities of the reference by how likely one stands for the candidate's."""
    return other.size != group.size, other.op.type != group.op.type, -other.op.index


def sources(group: Group, other: Group) -> Iterator[Source]:
    """Yield how one quantity may be put in place of another, of which the sizes may differ."""
    runs, shape = len(group.numbers), group.value.shape
    if other.size == group.size:
        own = shape[1:] if runs > 1 else shape
        yield Source(other.numbers, shape=own)
        if runs > 1 and len(other.numbers) == runs:
            yield Source(other.numbers, backwards=True, shape=own)
        if runs == 1:
            yield from (Source(other.numbers, shape=own, axis=axis) for axis in _axes(own, other))
    elif runs == 1:
        for natural in _shapes(other.value.shape, shape):
            yield Source(other.numbers, shape=natural)
        for parts in _parts(other, shape):
            yield Source(other.numbers, shape=parts)
            yield from (Source(other.numbers, shape=parts, axis=axis) for axis in _axes(parts, other))


def _axes(shape: Shape, other: Group) -> list[int]:
    """Return along which axes, besides the first, the runs of a quantity may lie in a shape."""
    runs = len(other.numbers)
    return [axis for axis, length in enumerate(shape) if axis and length > 1 and runs and runs % length == 0]


def _parts(other: Group, own: Shape) -> list[Shape]:
    """Return the axes of a shape that hold a quantity which is less than all of it, and one list of numbers."""
    if sum(length > 1 for length in other.value.shape) != 1 or len(own) > _MOST_AXES:
        return []
    some = (kept for count in range(2, len(own)) for kept in itertools.combinations(own, count))
    return list(dict.fromkeys(kept for kept in some if math.prod(kept) == other.size and 1 not in kept))


_MOST_AXES = 5


def _shapes(other: Shape, own: Shape) -> list[Shape]:
    """Return shapes to give a quantity that stands for one of another size."""
    plain = tuple(length for length in other if length > 1)
    grown = set(own) - {1}
    if not plain or (grown and not grown & set(plain)):
        return []
    return [plain, (*plain, 1)] if len(own) > len(plain) else [plain]


def is_plain(factor: float, group: Group, other: Group) -> bool:
    """Return whether a factor is one that programs have between each other: a size or one over it, 2 or a half."""
    if not math.isfinite(factor) or factor == 0:
        return False
    sizes = {1, 2, group.size, other.size, *group.value.shape, *other.value.shape, len(other.numbers)}
    size = abs(factor)
    return any(math.isclose(size, wanted, rel_tol=1e-5) for one in sizes if one for wanted in (one, 1 / one))
