"""The terms of two losses that are sums, taken apart: which both sides have, and which only one of them has."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gradcheck.explanation.group import Group, Key
from gradcheck.explanation.groups import Groups
from gradcheck.explanation.readings import Reading
from gradcheck.explanation.shares import shares_of

MOST = 6
"""Of how many terms that only one side has are sums formed, to find some that are the other's together."""


@dataclass(frozen=True)
class Term:
    """What one expression, in all its runs together, adds to the loss.

    Parameters
    ----------
    group
        Its values.
    reading
        What it adds.
    """

    group: Group
    reading: Reading

    @property
    def key(self) -> Key:
        """Which it is, in every recording of the same source."""
        return self.group.key


class Sum:
    """A loss as the sum of its terms, and these of theirs.

    Parameters
    ----------
    groups
        The quantities of the program.
    """

    def __init__(self, groups: Groups) -> None:
        self._groups = groups
        recording = groups.recording
        self.shares = shares_of(recording, groups.here)
        self.loss = groups.of.get(recording.loss)

    @functools.cached_property
    def terms(self) -> dict[Key, Term]:
        """What each quantity adds that reaches the loss through sums."""
        found: dict[Key, Group] = {}
        for number in self.shares:
            group = self._groups.of.get(number)
            if group is not None:
                found.setdefault(group.key, group)
        return {key: Term(group, self._reading(group)) for key, group in found.items()}

    @functools.cached_property
    def idle(self) -> int:
        """How many terms that are no sums themselves add nothing."""
        return sum(term.reading.is_nothing and not self.parts(term) for term in self.terms.values())

    def parts(self, term: Term) -> list[Term]:
        """Return the terms that one is the sum of, in order; none where it is no sum."""
        found: dict[Key, Term] = {}
        for op in term.group.ops:
            for number in op.inputs:
                group = self._groups.of.get(number) if number in self.shares else None
                if group is not None and group.key != term.key:
                    found[group.key] = self.terms[group.key]
        return list(found.values())

    def whole(self, term: Term) -> Term:
        """Return the last quantity that is a term alone: what is summed with others.

        Two expressions of a loop that each add to what the other gives are above each other.
        """
        seen = {term.key}
        while True:
            above = [one for one in self._above(term) if one.reading.is_near(term.reading)]
            if len(above) != 1 or above[0].key in seen:
                return term
            (term,) = above
            seen.add(term.key)

    def _above(self, term: Term) -> list[Term]:
        found: dict[Key, Term] = {}
        for number in term.group.numbers:
            for reader in self._groups.recording.consumers.get(number, ()):
                group = self._groups.of.get(reader.outputs[0]) if reader.outputs else None
                if group is not None and group.key in self.terms and group.key != term.key:
                    found[group.key] = self.terms[group.key]
        return list(found.values())

    def formed_at(self) -> Group | None:
        """Return the sum in which the loss is formed of its terms, or else the loss."""
        groups = (term.group for term in self.terms.values() if len(self.parts(term)) > 1)
        last = max(groups, key=lambda group: group.op.index, default=self.loss)
        return last if last is not None and len(last.numbers) == 1 and last.size == 1 else self.loss

    def _reading(self, group: Group) -> Reading:
        own = [number for number in group.numbers if number in self.shares]
        value = sum(float((self.shares[number] * self._groups.here[number]).sum()) for number in own)
        there = sum(float((self.shares[number] * self._groups.there[number]).sum()) for number in own)
        return Reading.of(value, there)


@dataclass(frozen=True)
class Apart:
    """Two sums held against each other, term by term.

    Parameters
    ----------
    agreed
        The candidate's terms that the reference has too.
    candidate, reference
        The terms that only one of them has.
    idle
        How many terms of either are nothing.
    """

    agreed: tuple[Term, ...]
    candidate: tuple[Term, ...]
    reference: tuple[Term, ...]
    idle: tuple[int, int] = (0, 0)


def apart(candidate: Sum, reference: Sum) -> Apart:
    """Return which terms of the candidate the reference has, and which only one of them has.

    A sum that the other side does not have is taken apart itself. Terms of the one side of which some together are
    what some of the other side are together agree as well: `x - y` is one term of one program, and two of another.
    """
    agreed, own = _against(candidate, reference)
    _, others = _against(reference, candidate)
    own, others, balanced = _unbalanced(own, others)
    return Apart((*agreed, *balanced), tuple(own), tuple(others), (candidate.idle, reference.idle))


def _against(one: Sum, other: Sum) -> tuple[list[Term], list[Term]]:
    """Return the terms of one sum that the other has, and those that it has not, in their order."""
    known = [term.reading for term in other.terms.values()]
    agreed: list[Term] = []
    differ: dict[Key, Term] = {}
    pending, seen = [one.terms[one.loss.key]] if one.loss is not None else [], set[Key]()
    while pending:
        term = pending.pop()
        if term.key in seen:
            continue
        seen.add(term.key)
        parts = one.parts(term)
        if term.reading.is_nothing:
            continue
        if any(term.reading.is_near(reading) for reading in known):
            agreed.append(term)
        elif parts:
            pending.extend(parts)
        else:
            differ[term.key] = term
    return agreed, sorted(differ.values(), key=lambda term: term.group.op.index)


def _unbalanced(own: Sequence[Term], others: Sequence[Term]) -> tuple[list[Term], list[Term], list[Term]]:
    """Return terms without those of which some together are what some of the other side are; and these."""
    own, others, balanced = list(own), list(others), list[Term]()
    while 0 < len(own) <= MOST and 0 < len(others) <= MOST:
        found = next(_equal_sums(own, others), None)
        if found is None:
            break
        balanced += found[0]
        own = [term for term in own if term not in found[0]]
        others = [term for term in others if term not in found[1]]
    return own, others, balanced


def _equal_sums(
    own: Sequence[Term], others: Sequence[Term]
) -> Iterator[tuple[tuple[Term, ...], tuple[Term, ...]]]:
    """Yield some terms of both sides that have the same sum, the fewest first."""
    sums = [(some, total(some)) for some in _some(others)]
    for mine in _some(own):
        wanted = total(mine)
        for theirs, reading in sums:
            if wanted.is_near(reading) and not wanted.is_nothing:
                yield mine, theirs


def _some(terms: Sequence[Term]) -> Iterator[tuple[Term, ...]]:
    for count in range(1, len(terms) + 1):
        yield from itertools.combinations(terms, count)


def total(terms: Sequence[Term]) -> Reading:
    """Return what some terms add together."""
    return Reading(
        math.fsum(term.reading.value for term in terms), math.fsum(term.reading.slope for term in terms)
    )
