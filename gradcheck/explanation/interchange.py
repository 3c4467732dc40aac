"""Where two programs part: the earliest place where the reference's quantity repairs the candidate."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Sequence

from gradcheck.explanation.align import Alignment
from gradcheck.explanation.exchange import Aim, Bench, Exchange, Hit, is_multiple
from gradcheck.explanation.group import Group, Key
from gradcheck.explanation.substitutes import (
    likeness,
    made_further,
    may_replace,
    sources,
    spare,
    without_copies,
)
from gradcheck.explanation.terms import Sum
from gradcheck.program.ops import HAND_ON
from gradcheck.program.splice import Source, Splice
from gradcheck.program.work import Work
from gradcheck.source import span_of


class Interchanger(Exchange):
    """Tries quantities of the reference in place of the candidate's.

    Parameters
    ----------
    alignment, bench, aim, done, terms
        Those of `Exchange`.
    work
        What it may cost.
    right
        Tensors that something is made from which comes out right: they are tried last.
    """

    def __init__(
        self,
        alignment: Alignment,
        bench: Bench,
        aim: Aim,
        work: Work,
        *,
        done: Sequence[Splice] = (),
        right: Collection[int] = (),
        terms: Sum | None = None,
    ) -> None:
        super().__init__(alignment, bench, aim, done=done, terms=terms)
        self._work, self._right = work, right
        self._most = work.limit

    def first(self, among: Collection[int] | None = None) -> Hit | None:
        """Return the earliest place that can be repaired; None where there is none, or the work is done.

        A quantity that tells nothing by its numbers, such as a mask, is tried where something is made of it that
        can be repaired. If that is a right term, in whose place the reference's loss would do, it is what is added
        to it, and the last such quantity is taken. Of what the candidate computes twice, and the reference once,
        the second is tried where nothing else is wrong. With `among`, only these tensors are tried.
        """
        alignment = self._alignment
        telling = [one for one in self._places(among) if not one.is_weak]
        found = self._earliest(telling)
        if found is None or alignment.standing(found.candidate) in _RIGHT or self._is_the_aim(found):
            found = self._computed_twice(among) or found
        found = self._read_too_early(found, among) or found
        if found is None or is_multiple(found):
            return found  # what it is made of is right, too: it is how it is read that is wrong
        weak = [one for one in self._places(among) if one.is_weak]
        if self._is_a_right_term(found):
            return self._first(reversed(weak)) or found
        before = alignment.candidate.before(found.candidate)
        return self._first(one for one in weak if self._is_in(before, one)) or found

    def _places(self, among: Collection[int] | None) -> list[Group]:
        """Return what may be replaced, in order; what a right term is made from comes later, the aim last."""
        places = [
            one
            for one in self._alignment.candidate.places
            if among is None or any(number in among for number in one.numbers)
        ]
        return sorted((one for one in places if not self._is_right_in_a_call(one)), key=self._is_likely)

    def _is_right_in_a_call(self, group: Group) -> bool:
        """Return whether what a function gives in all its calls is the reference's in one of them."""
        known = self._alignment.candidate.of
        return group.key.everywhere and any(
            self._alignment.standing(known[number]) in _RIGHT for number in group.numbers
        )

    def _is_in(self, before: Collection[Key], group: Group) -> bool:
        """Return whether a quantity is among some; of what is given in several calls, all of it."""
        if not group.key.everywhere:
            return group.key in before
        known = self._alignment.candidate.of
        return all(known[number].key in before for number in group.numbers)

    def _is_likely(self, group: Group) -> int:
        if self._aim.number in group.numbers:
            return 2
        return int(bool(self._right) and any(number in self._right for number in group.numbers))

    def _is_a_right_term(self, hit: Hit) -> bool:
        """Return whether a right quantity is replaced by the whole loss."""
        right = self._alignment.standing(hit.candidate) in _RIGHT
        return right and self._alignment.reference.recording.loss in hit.reference.numbers

    def _is_the_aim(self, hit: Hit) -> bool:
        return self._aim.number in hit.candidate.numbers

    def _computed_twice(self, among: Collection[int] | None) -> Hit | None:
        """Return where what the reference alone has takes the place of what the candidate has twice."""
        for group, other in spare(self._alignment):
            if self._work.cut is not None:
                return None
            if among is not None and not any(number in among for number in group.numbers):
                continue
            for source in sources(group, other):
                found = self.attempt(group, other, source)
                if found is not None and found.splice.source.factor == 1:
                    return found
        return None

    def _read_too_early(self, found: Hit | None, among: Collection[int] | None) -> Hit | None:
        """Return where a place, or else the aim, is made of what the reference makes something of first."""
        tries = (
            (group, other, source)
            for group in self._right_before(found)
            if among is None or any(number in among for number in group.numbers)
            for other, source in without_copies(
                (other, source)
                for other in made_further(group, self._alignment)
                for source in sources(group, other)
            )
        )
        most = self._work.spent + self._most // _FOR_MADE_FURTHER
        for group, other, source in itertools.islice(tries, _MOST_MADE_FURTHER):
            if self._is_cut or self._work.spent > most:
                break
            hit = self.attempt(group, other, source)
            if hit is not None and hit.splice.source.factor == 1:
                kept = found is not None and not self._is_the_aim(found) and _are_in_one_line(hit, found)
                return None if kept else hit
        return None

    def _right_before(self, found: Hit | None) -> list[Group]:
        """Return what a place, or else the aim, is made of: the last that the reference has, too."""
        recording, known = self._alignment.candidate.recording, self._alignment.candidate.of
        right, seen = dict[Key, Group](), set[int]()
        pending = [self._aim.number] if found is None else list(found.candidate.numbers)
        while pending:
            op = recording.producer(pending.pop())
            if op is None or op.index in seen:
                continue
            seen.add(op.index)
            for number in op.inputs:
                if number in known and self._alignment.standing(known[number]) in _RIGHT:
                    right[known[number].key] = known[number]
                else:
                    pending.append(number)
        before = (self._made(group) for group in right.values())
        return sorted(before, key=lambda group: -group.op.index)

    def _made(self, group: Group) -> Group:
        """Return what makes a quantity that is only handed on; itself where something else reads that, too."""
        recording, known = self._alignment.candidate.recording, self._alignment.candidate.of
        while group.op.type in HAND_ON and len(group.ops) == 1 and group.op.inputs[0] in known:
            readers = recording.consumers[group.op.inputs[0]]
            if len(readers) > 1 or known[group.op.inputs[0]].size != group.size:
                break
            group = known[group.op.inputs[0]]
        return group

    def _earliest(self, groups: Sequence[Group]) -> Hit | None:
        """Return the first of some places, in order, that can be repaired.

        Where three quarters of the work do not suffice, they are gone through from the loss backwards, where not
        much is run again; then it is the last that is found, each among what the one before is made from.
        """
        whole, self._most = self._most, self._work.spent + 3 * (self._most - self._work.spent) // 4
        found, is_cut = self._first(groups), self._is_cut
        self._most = whole
        if found is not None or not is_cut:
            return found
        before: frozenset[Key] | None = None
        for group in reversed(groups):
            if self._is_cut:
                break
            hit = self._repaired(group) if before is None or self._is_in(before, group) else None
            if hit is not None:
                found, before = hit, self._alignment.candidate.before(hit.candidate)
        return found

    @property
    def _is_cut(self) -> bool:
        return self._work.spent >= self._most or self._work.cut is not None

    def _first(self, groups: Iterable[Group]) -> Hit | None:
        """Return the first of some places, in order, that can be repaired.

        What takes the elements of a term with their weights is less than a quantity that the reference computes,
        and nothing where what it replaces is right.
        """
        weighted: Hit | None = None
        for group in groups:
            if self._is_cut:
                break
            found = self._repaired(group)
            if found is not None and found.splice.source.weights is None:
                return weighted if weighted is not None and self._is_the_aim(found) else found
            if self._alignment.standing(group) not in ("same", "moved"):
                weighted = weighted or found
        return weighted

    def _repaired(self, group: Group) -> Hit | None:
        if group.size == 1 and len(group.numbers) == 1:
            found = self._by_number(group)
            if found is not None or not self._is_spread(group):
                return found
        with_factor = None
        for other, source in self._sources(group):
            if self._is_cut:
                break
            found = self.attempt(group, other, source)
            if found is not None and abs(found.splice.source.factor) == 1:
                return found
            with_factor = with_factor or found
        return with_factor

    def _is_spread(self, group: Group) -> bool:
        """Return whether a single number is brought together with several."""
        after = self._alignment.candidate.after(group)
        tensors = self._alignment.candidate.recording.tensors
        return any(tensors[number].size > 1 for number in after)

    def _sources(self, group: Group) -> Iterator[tuple[Group, Source]]:
        """Yield what may take the place of a quantity, the likeliest first."""
        standing = self._alignment.standing(group)
        found = []
        for other in self._alignment.reference.all if group.numbers else ():
            if not may_replace(group, other, standing, self._alignment):
                continue
            for rank, source in enumerate(self._sources_of(group, other)):
                found.append((likeness(group, other), rank, other, source))
        found.sort(key=lambda one: one[:2])
        yield from without_copies((other, source) for *_, other, source in found)


_MOST_MADE_FURTHER, _FOR_MADE_FURTHER = 24, 10
"""How many such places are tried at most, and into how many parts the work is divided of which they take one."""

_RIGHT = ("same", "moved", "scaled")


def _are_in_one_line(one: Hit, other: Hit) -> bool:
    """Return whether the reference computes in one line what two interchanges take from it."""
    sites = [hit.reference.op.site for hit in (one, other)]
    spans = [None if site is None else span_of(site) for site in sites]
    return None not in spans and spans[0].line == spans[1].line  # type: ignore[union-attr]
