"""Where the candidate of a case parts from its reference, found and proved by interchange."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from gradcheck.comparison.comparing import Comparison
from gradcheck.comparison.wording_of_places import in_words, span_at
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.explanation.faults import Fault
from gradcheck.explanation.locate import Parting, parting_of
from gradcheck.explanation.transplant import Transplant
from gradcheck.findings import Proof
from gradcheck.program.work import Work
from gradcheck.repair.acceptance import OtherBatch
from gradcheck.repair.goal import Goal


@dataclass(frozen=True)
class OtherPair(OtherBatch):
    """Another batch than the case's own, and what both formulations gave on it."""

    pair: FormulationPair


@dataclass(frozen=True)
class Proved:
    """A place where the programs part, and how that was proved.

    Parameters
    ----------
    parting
        The place.
    proof
        That the reference's quantity repairs the candidate there.
    batches
        The batches that it was proved on, the case's own first.
    transplants, written_out
        What may be written there, to be tried; and what is longer, where the reference has names of its own.
    comparison
        Of both programs on the case's own batch.
    """

    parting: Parting
    proof: Proof
    batches: tuple[tuple[FormulationPair, Goal], ...]
    transplants: Sequence[Transplant]
    written_out: Sequence[Transplant]
    comparison: Comparison


def located(pair: FormulationPair, goal: Goal, others: Iterable[OtherBatch], work: Work) -> list[Proved]:
    """Return where the programs part: one place, or of several faults one each, proved together.

    Empty where no interchange shows it, on a second batch too.

    Notes
    -----
    That the reference's quantity repairs the candidate there does not establish that an earlier place is right:
    the reference may have no quantity to put there.
    """
    own = Comparison(pair, goal, work)
    faults = own.faults()
    residual = own.residual([fault.hit for fault in faults]) if faults else None
    if residual is None:
        return []
    confirmed = _confirmed(faults, goal, others, work)
    if confirmed is None:
        return []
    other, there, left = confirmed
    found = [parting_of(fault, own.alignment) for fault in faults]
    hits = [fault.hit for fault in faults], there.same(faults) or []
    places = _together(found)
    return [
        Proved(
            one,
            Proof(
                tried=in_words(one),
                residual=max(residual, left),
                samples=(goal.samples, other.target.samples),
                second=other.second,
                needs_also=_places_of([also for _, also in places if also is not one]),
            ),
            ((pair, own.goal_of(hits[0], numbers)), (other.pair, there.goal_of(hits[1], numbers))),
            *own.transplants(one),
            own,
        )
        for numbers, one in places
    ]


def _together(found: Sequence[Parting]) -> list[tuple[list[int], Parting]]:
    """Return the places, and which of the faults are there: terms of one side that one expression adds are one."""
    places: dict[object, list[int]] = {}
    for number, one in enumerate(found):
        term = one.site, one.reference_site, one.spare
        places.setdefault(term if one.located.term_of_one_side else number, []).append(number)
    return [
        (numbers, replace(found[numbers[0]], reads=_once(found[number].reads for number in numbers)))
        for numbers in places.values()
    ]


def _once(reads: Iterable[Sequence[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(itertools.chain.from_iterable(reads)))


def _places_of(found: Sequence[Parting]) -> tuple[str, ...]:
    spans = [span_at(one.site) for one in found]
    return tuple(dict.fromkeys(span.place for span in spans if span is not None))


def _confirmed(
    faults: Sequence[Fault], goal: Goal, others: Iterable[OtherBatch], work: Work
) -> tuple[OtherPair, Comparison, float] | None:
    """Return the batch on which the places hold too, and what is left there; None where they fail, or none tells.

    As for an edit, a failure on a batch of another size may be of that size; one on the same size is final.
    """
    failed_on: OtherPair | None = None
    for other in others:
        assert isinstance(other, OtherPair)
        if failed_on is not None and other.second != failed_on.second:
            return None
        there = Comparison(other.pair, other.target, work)
        left = there.again(faults)
        if isinstance(left, float):
            return other, there, left
        if left == "differs":
            failed_on = other
            if other.target.samples == goal.samples:
                return None
    return None
