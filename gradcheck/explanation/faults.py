"""Several faults, one after the other: each in a term of its own, looked for with the others interchanged."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from gradcheck.explanation.align import Alignment
from gradcheck.explanation.exchange import Aim, Bench, Hit
from gradcheck.explanation.group import Key
from gradcheck.explanation.interchange import Interchanger
from gradcheck.explanation.readings import NOTHING, Reading
from gradcheck.explanation.terms import Apart, Sum, Term
from gradcheck.program.queries import made_before
from gradcheck.program.splice import Source, Splice, Spot
from gradcheck.program.work import Work

MOST = 4
"""How many terms are looked at, of those that only one side has."""


@dataclass(frozen=True)
class Fault:
    """What repairs one term of the candidate.

    Parameters
    ----------
    hit
        What is put in place.
    term, other
        The candidate's, and the reference's; None where a side has no such term.
    """

    hit: Hit
    term: Key | None = None
    other: Key | None = None

    @property
    def is_alone(self) -> bool:
        """Whether it was looked for in the whole loss, and in no term."""
        return self.term is None is self.other

    @property
    def is_exchange(self) -> bool:
        """Whether something of the reference takes the place of something of the candidate."""
        return (self.term is None) == (self.other is None)


class Faults:
    """Looks for a fault in each term that differs.

    Parameters
    ----------
    alignment, bench, work
        As of an `Interchanger`.
    number, own, wanted
        The tensor of the candidate's loss, what that is, and what it is to be.
    sums
        Both losses taken apart, the reference's first.
    right
        Tensors that terms which agree are made from.
    """

    def __init__(
        self,
        alignment: Alignment,
        bench: Bench,
        work: Work,
        *,
        number: int,
        own: Reading,
        wanted: Reading,
        sums: tuple[Sum, Sum],
        right: Collection[int],
    ) -> None:
        self._alignment, self._bench, self._work = alignment, bench, work
        self._number, self._own, self._wanted = number, own, wanted
        self._sums, self._right = sums, right

    def found(self, terms: Apart) -> list[Fault]:
        """Return a fault for each of the terms that differ; empty where one of them has none."""
        if (
            not len(terms.candidate) + len(terms.reference) > 0
            or max(len(terms.candidate), len(terms.reference)) > MOST
        ):
            return []
        found: list[Fault] = []
        free, now = list(terms.reference), self._own
        for term in terms.candidate:
            fault = next(self._tried(term, free, now, found), None)
            if fault is None or not (fault.is_exchange or terms.agreed):
                return []
            found.append(fault)
            now = now.changed(term.reading, self._of(fault.other))
            free = [one for one in free if one.key != fault.other]
        # A term that is nothing in the candidate alone is there, and wrong.
        there, in_the_reference = terms.idle
        if free and (not terms.agreed or there > in_the_reference):
            return []
        for other in free:
            fault = self._missing(other, now, found)
            if fault is None:
                return []
            found.append(fault)
            now = now.changed(NOTHING, other.reading)
        # A term that is left out for another one that is added has not been explained.
        sides = {(fault.term is None, fault.other is None) for fault in found}
        whole = now.is_near(self._wanted)
        return found if whole and not {(True, False), (False, True)} <= sides else []

    def again(self, faults: Sequence[Fault]) -> list[Hit] | None:
        """Return the same in this run of the programs; None where it does not repair them."""
        now, done = self._own, list[Fault]()
        for fault in faults:
            term, other = (
                None if key is None else of.terms.get(key)
                for key, of in ((fault.term, self._sums[1]), (fault.other, self._sums[0]))
            )
            if (term is None) != (fault.term is None) or (other is None) != (fault.other is None):
                return None
            wanted = now.changed(
                NOTHING if term is None else term.reading, NOTHING if other is None else other.reading
            )
            hit = self._repeated(fault, term=term, other=other, now=now, done=done, wanted=wanted)
            if hit is None:
                return None
            done.append(Fault(hit, fault.term, fault.other))
            now = wanted
        return [fault.hit for fault in done]

    def _repeated(
        self,
        fault: Fault,
        *,
        term: Term | None,
        other: Term | None,
        now: Reading,
        done: list[Fault],
        wanted: Reading,
    ) -> Hit | None:
        if term is None or other is None:
            alone = other if term is None else term
            assert alone is not None
            one = self._missing(alone, now, done) if term is None else self._spare(alone, now, done)
            return None if one is None else one.hit
        group = self._alignment.candidate.find(fault.hit.candidate.key)
        source = self._alignment.reference.find(fault.hit.reference.key)
        if group is None or source is None:
            return None
        return self._interchanger(wanted, done).replaced(group, source)

    def _of(self, other: Key | None) -> Reading:
        return NOTHING if other is None else self._sums[0].terms[other].reading

    def _tried(self, term: Term, free: list[Term], now: Reading, done: list[Fault]) -> Iterator[Fault]:
        """Yield what repairs a term: to one of the reference's, the likeliest first, or by leaving it out."""
        for other in sorted(free, key=self._likeness(term)):
            wanted = now.changed(term.reading, other.reading)
            hit = self._interchanger(wanted, done).first(self._made_for(term, 1))
            if (
                hit is not None
                and self._number not in hit.candidate.numbers
                and self._reads_what_is_right(hit)
            ):
                yield Fault(hit, term.key, other.key)
        fault = self._spare(term, now, done)
        if fault is not None:
            yield fault

    def _reads_what_is_right(self, hit: Hit) -> bool:
        """Return whether a place reads what the reference has, or most of: else a term may be another one."""
        read = {number for op in hit.candidate.ops for number in op.inputs}
        groups = [
            self._alignment.candidate.of[number] for number in read if number in self._alignment.candidate.of
        ]
        return not groups or any(
            self._alignment.standing(one) in ("same", "moved", "scaled") or self._alignment.has_most(one)
            for one in groups
        )

    def _interchanger(self, wanted: Reading, done: list[Fault]) -> Interchanger:
        splices = [fault.hit.splice for fault in done]
        aim = Aim(self._number, wanted)
        return Interchanger(self._alignment, self._bench, aim, self._work, done=splices, right=self._right)

    def _likeness(self, term: Term) -> Callable[[Term], int]:
        """Return what sorts terms of the reference by how much of one of the candidate's they are made from."""
        candidate, reference = self._alignment.candidate, self._alignment.reference
        own = {
            match.group.key
            for number in self._made_for(term, 1)
            if number in candidate.of
            for match in self._alignment.matches(candidate.of[number])
        }

        def unlike(other: Term) -> int:
            made = self._made_for(other, 0)
            return -len(own & {reference.of[number].key for number in made if number in reference.of})

        return unlike

    def _made_for(self, term: Term, side: int) -> frozenset[int]:
        """Return what a term is made from, with what it is multiplied by before it is added to others."""
        groups = (self._alignment.reference, self._alignment.candidate)[side]
        return made_before(self._sums[side].whole(term).group.numbers, groups.recording)

    def _missing(self, other: Term, now: Reading, done: list[Fault]) -> Fault | None:
        """Return what repairs the candidate by a term that it has not: added where its sum is formed."""
        last = self._sums[0].whole(other)
        factor = _times(last)
        spot = self._sums[1].formed_at()
        if factor is None or spot is None:
            return None
        source = Source(last.group.numbers, total=True, factor=factor, shape=(), added=True)
        hit = Hit(spot, last.group, Splice(Spot((spot.op.index,), 0), source))
        return self._checked(hit, now.changed(NOTHING, other.reading), done, None, other.key)

    def _spare(self, term: Term, now: Reading, done: list[Fault]) -> Fault | None:
        """Return what repairs the candidate by leaving a term out, if a gradient passes it."""
        if term.reading.slope == 0:
            return None
        last = self._sums[1].whole(term)
        shape = last.group.value.shape[1:] if len(last.group.numbers) > 1 else last.group.value.shape
        source = Source((), factor=0.0, shape=shape)
        hit = Hit(last.group, last.group, Splice(last.group.spot, source))
        return self._checked(hit, now.changed(term.reading, NOTHING), done, term.key, None)

    def _checked(
        self, hit: Hit, wanted: Reading, done: list[Fault], term: Key | None, other: Key | None
    ) -> Fault | None:
        there = self._interchanger(wanted, done).reached(hit.splice)
        return Fault(hit, term, other) if there else None


def _times(term: Term) -> float | None:
    """Return what the sum of a quantity's numbers is multiplied by before it is added; None if by no number."""
    value, slope = float(term.group.value.sum()), float(term.group.slope.sum())
    if value == 0:
        return None
    factor = term.reading.value / value
    if not Reading(value * factor, slope * factor).is_near(term.reading):
        return None
    return 1.0 if abs(factor - 1) < 1e-9 else factor
