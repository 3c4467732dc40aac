"""One quantity of the reference in place of one of the candidate: whether that repairs it, and how."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from gradcheck.arrays import Array
from gradcheck.explanation.align import CLOSE, Alignment
from gradcheck.explanation.group import Group
from gradcheck.explanation.readings import Reading
from gradcheck.explanation.substitutes import is_plain, sources
from gradcheck.explanation.terms import Sum
from gradcheck.program.splice import STEP, Source, Splice, Weights


class Tried(Protocol):
    """What a tensor is with splices in place."""

    @property
    def here(self) -> Array:
        """It at the first point."""

    @property
    def there(self) -> Callable[[], Array | None]:
        """Returns it at the second point; None where it cannot be run so there."""


class Bench(Protocol):
    """Replays the candidate with splices in place."""

    def tried(self, splices: Sequence[Splice], number: int) -> Tried | None:
        """Return what one tensor of it is then; None where it cannot be run so."""


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


class Exchange:
    """Puts a quantity of the reference in place of one of the candidate.

    Parameters
    ----------
    alignment
        What of the candidate has a counterpart.
    bench
        Replays the candidate.
    aim
        What has to come out.
    done
        Splices that are in place already.
    terms
        The reference's loss, taken apart; None where its terms are not to be put in place.
    """

    def __init__(
        self,
        alignment: Alignment,
        bench: Bench,
        aim: Aim,
        *,
        done: Sequence[Splice] = (),
        terms: Sum | None = None,
    ) -> None:
        self._alignment, self._bench, self._aim, self._done = alignment, bench, aim, tuple(done)
        self._sum = terms
        self.tried = 0

    def attempt(self, group: Group, other: Group, source: Source) -> Hit | None:
        """Return the hit if the aim is reached: as it is, with the other sign, or with a plain factor.

        Where twice as much would do as well, as beyond a bound, what is put there shows nothing.
        """
        found = self._attempted(group, other, source)
        if found is None:
            return None
        twice = replace(found.splice.source, factor=2 * found.splice.source.factor)
        return None if self.reached(replace(found.splice, source=twice)) else found

    def replaced(self, group: Group, other: Group) -> Hit | None:
        """Return how one quantity of the reference repairs one of the candidate; None where it does not."""
        if group.size == 1 and len(group.numbers) == 1:
            found = self._by_number(group, only=other)
            if found is not None:
                return found
        tries = (self.attempt(group, other, source) for source in self._sources_of(group, other))
        return next((found for found in tries if found is not None), None)

    def reached(self, splice: Splice) -> bool:
        """Return whether a splice reaches the aim."""
        found = self._aim_with(splice)
        return found is not None and found.is_near(self._aim.wanted)

    def _attempted(self, group: Group, other: Group, source: Source) -> Hit | None:
        spot = group.spot
        plain = self._aim_with(Splice(spot, source))
        if plain is None:
            return None
        wanted = self._aim.wanted
        if plain.is_near(wanted):
            return Hit(group, other, Splice(spot, source))
        turned = self._aim_with(Splice(spot, replace(source, factor=-source.factor)))
        if turned is None:
            return None
        if turned.is_near(wanted):
            return Hit(group, other, Splice(spot, replace(source, factor=-source.factor)))
        return self._with_factor(group, other, Splice(spot, source), plain, turned)

    def _sources_of(self, group: Group, other: Group) -> Iterator[Source]:
        yield from sources(group, other)
        yield from self._alignment.padding.sources(group, other)
        yield from self._alignment.turned.sources(group, other)

    def _by_number(self, group: Group, only: Group | None = None) -> Hit | None:
        """Return what repairs a single number that the goal follows in a line: what it has to be is known then."""
        spot = group.spot
        needed = self._needed(group)
        if needed is None:
            return None
        totals = self._alignment.totals(needed.value, needed.slope)
        for match in sorted(totals, key=lambda match: not math.isclose(match.factor, 1.0, rel_tol=CLOSE)):
            if (only is None or match.group.key == only.key) and is_plain(match.factor, group, match.group):
                source = Source(match.group.numbers, total=True, factor=match.factor, shape=group.value.shape)
                if self.reached(Splice(spot, source)):
                    return Hit(group, match.group, Splice(spot, source))
        return self._by_term(group, needed, only)

    def _by_term(self, group: Group, needed: Reading, only: Group | None) -> Hit | None:
        """Return the term of the reference that repairs a single number: its elements as they count there."""
        if self._sum is None:
            return None
        weights = Weights(self._sum.shares)
        for key, term in self._sum.terms.items():
            factor = needed.value / term.reading.value if term.reading.value else 0.0
            scaled = Reading(factor * term.reading.value, factor * term.reading.slope)
            shares = [
                np.ravel(self._sum.shares[one]) for one in term.group.numbers if one in self._sum.shares
            ]
            if (only is not None and only.key != key) or _are_alike(np.concatenate(shares)):
                continue  # where all elements count alike, their total says the same
            if scaled.is_near(needed) and is_plain(factor, group, term.group):
                numbers, shape = term.group.numbers, group.value.shape
                source = Source(numbers, total=True, factor=factor, shape=shape, weights=weights)
                if self.reached(Splice(group.spot, source)):
                    return Hit(group, term.group, Splice(group.spot, source))
        return None

    def _needed(self, group: Group) -> Reading | None:
        """Return what a number has to be for the goal to be reached; None where that does not follow in a line."""
        spot = group.spot
        at = [self._aim_with(Splice(spot, Source((), factor=times))) for times in (1.0, 2.0, 3.0)]
        wanted = self._aim.wanted
        here = _followed([None if one is None else one.value for one in at], wanted.value)
        if here is None:
            return None
        moved = wanted.value + STEP * wanted.slope
        there = _followed([None if one is None else one.there for one in at], moved)
        return None if there is None else Reading.of(here, there)

    def _with_factor(
        self, group: Group, other: Group, splice: Splice, plain: _Aimed, turned: _Aimed
    ) -> Hit | None:
        """Return the hit with the factor for which the goal is reached, where it follows it in a line."""
        wanted = self._aim.wanted
        rise = (plain.value - turned.value) / 2
        if rise == 0 or not math.isfinite(rise):
            return None
        factor = (wanted.value - (plain.value + turned.value) / 2) / rise
        if not is_plain(factor, group, other) or plain.slope is None or turned.slope is None:
            return None
        slope = (plain.slope + turned.slope) / 2 + factor * (plain.slope - turned.slope) / 2
        if not math.isclose(slope, wanted.slope, rel_tol=1e-4):
            return None
        exact = replace(splice, source=replace(splice.source, factor=factor * splice.source.factor))
        return Hit(group, other, exact) if self.reached(exact) else None

    def _aim_with(self, splice: Splice) -> _Aimed | None:
        """Return what the goal is with a splice in place."""
        self.tried += 1
        found = self._bench.tried((*self._done, splice), self._aim.number)
        return None if found is None or found.here.size != 1 else _Aimed(found)


class _Aimed:
    """What the goal is with a splice in place; at the second point only where the first does not suffice."""

    def __init__(self, tried: Tried) -> None:
        self._tried = tried
        self.value = float(tried.here.ravel()[0])

    @functools.cached_property
    def there(self) -> float | None:
        """It at the second point."""
        there = self._tried.there()
        return None if there is None or there.size != 1 else float(there.ravel()[0])

    @property
    def slope(self) -> float | None:
        """How it changes on the way there."""
        return None if self.there is None else Reading.of(self.value, self.there).slope

    def is_near(self, wanted: Reading) -> bool:
        """Return whether it is what is wanted, at both points."""
        if not math.isclose(self.value, wanted.value, rel_tol=CLOSE) or self.there is None:
            return False
        return Reading.of(self.value, self.there).is_near(wanted)


def _are_alike(numbers: Array) -> bool:
    return bool(np.allclose(numbers, numbers[:1], rtol=CLOSE, atol=0))


def _followed(at: Sequence[float | None], wanted: float) -> float | None:
    """Return what gives a goal that is `at` for 1, 2 and 3; None where it does not follow in a line."""
    one, two, three = at
    if one is None or two is None or three is None:
        return None
    rise = two - one
    if rise == 0 or not math.isclose(three - two, rise, rel_tol=1e-6):
        return None
    return 1.0 + (wanted - one) / rise


def is_multiple(hit: Hit) -> bool:
    """Return whether what takes the place of a quantity is a multiple of it, in value and in derivative."""
    own = np.concatenate([hit.candidate.value.ravel(), hit.candidate.slope.ravel()])
    parts = [hit.reference.value.ravel(), hit.reference.slope.ravel()]
    other = np.concatenate([part.sum(keepdims=True) if hit.splice.source.total else part for part in parts])
    size = float(own @ own)
    if own.size != other.size or not 0 < size < math.inf:
        return False
    return np.allclose(other, own * float(own @ other) / size, rtol=CLOSE, atol=CLOSE * math.sqrt(size))
