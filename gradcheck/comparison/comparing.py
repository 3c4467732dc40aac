"""One run of both programs compared: what repairs the candidate, and what is left then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradcheck.arrays import Array
from gradcheck.execution.replay.interchange import Interchange, spliced_gradients
from gradcheck.execution.replay.points import points_of
from gradcheck.execution.replay.screen import Screen
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.explanation.align import Alignment
from gradcheck.explanation.exchange import Aim, Hit
from gradcheck.explanation.faults import Fault, Faults
from gradcheck.explanation.group import Group
from gradcheck.explanation.groups import Groups
from gradcheck.explanation.interchange import Interchanger
from gradcheck.explanation.locate import variables_of
from gradcheck.explanation.narrow import departure
from gradcheck.explanation.readings import Reading, reading
from gradcheck.explanation.refine import at_the_reduction
from gradcheck.explanation.terms import Sum, apart
from gradcheck.explanation.transplant import Transplant, Transplanter
from gradcheck.program.queries import made_before
from gradcheck.program.work import Work
from gradcheck.repair.goal import Goal
from gradcheck.source import Site


class Comparison:
    """One run of both formulations, to be compared with each other.

    Parameters
    ----------
    pair
        The runs.
    goal
        What the gradients have to be.
    work
        What it may cost.
    """

    def __init__(self, pair: FormulationPair, goal: Goal, work: Work) -> None:
        self.goal = goal
        self.interchanger: Interchanger | None = None
        self.is_comparable = False
        self._pair, self._work = pair, work
        runs = pair.tails
        reference, candidate = [points_of(run, pair.held(side)) for side, run in enumerate(runs)]
        if reference is None or candidate is None:
            return
        sides = [
            Groups(run.recording, *side.arrays(), unread=side is reference)
            for run, side in zip(runs, (reference, candidate), strict=True)
        ]
        self.alignment = Alignment(sides[1], sides[0])
        self._bench = Interchange(*runs, (reference, candidate), work)
        self.is_comparable = True
        losses = [run.recording.loss for run in runs]
        wanted, own = (
            reading(side.here[loss], side.there[loss]) for side, loss in zip(sides, losses, strict=True)
        )
        self._loss = losses[1]
        if not own.is_near(wanted):  # else nothing that is put in place changes what differs: the way back
            self._prepare(own, wanted, Sum(sides[0]), Sum(sides[1]))

    def _prepare(self, own: Reading, wanted: Reading, reference: Sum, candidate: Sum) -> None:
        """Take the losses apart, and get ready to put quantities in place of others."""
        self._own_terms = candidate.terms
        self._terms = apart(candidate, reference)
        agreed = [number for term in self._terms.agreed for number in term.group.numbers]
        right = made_before(agreed, self.alignment.candidate.recording)
        aim = Aim(self._loss, wanted)
        self.interchanger = Interchanger(
            self.alignment, self._bench, aim, self._work, right=right, terms=reference
        )
        self._faults = Faults(
            self.alignment,
            self._bench,
            self._work,
            number=self._loss,
            own=own,
            wanted=wanted,
            sums=(reference, candidate),
            right=right,
        )

    def faults(self) -> list[Fault]:
        """Return the earliest place where the candidate can be repaired; where there is none, one in each term.

        Nothing is put in place of the loss itself. Of a term that only one side has, the place is known.
        """
        if self.interchanger is None:
            return []
        if not (self._terms.candidate and self._terms.reference):
            found = self._faults.found(self._terms)
            if found:
                return found
        hit = self._first(self.interchanger)
        if hit is None or self._is_several(hit):
            found = self._faults.found(self._terms)
            if found or hit is None:
                return found
        return [Fault(hit)]

    def at_the_loss(self) -> list[Fault]:
        """Return the loss as a place, if one expression alone makes something else of what the reference has.

        Not where the reference reads variables that the candidate does not: there more may be missing.
        """
        if self.interchanger is None:
            return []
        sides = self.alignment.candidate, self.alignment.reference
        group, other = (self._loss_of(side) for side in sides)
        if group is None or other is None or departure(group, self.alignment) is None:
            return []
        own, others = (
            variables_of(one.ops, side.recording) for one, side in zip((group, other), sides, strict=True)
        )
        if not others <= own:
            return []
        hit = self.interchanger.replaced(group, other)
        return [] if hit is None else [Fault(hit)]

    @staticmethod
    def _loss_of(side: Groups) -> Group | None:
        number = side.recording.loss
        return side.run_of(number) or side.of.get(number)

    def _is_several(self, hit: Hit) -> bool:
        """Return whether what is replaced is made from several terms that differ: then that shows little."""
        made = made_before(hit.candidate.numbers, self.alignment.candidate.recording)
        inside = [term for term in self._terms.candidate if not made.isdisjoint(term.group.numbers)]
        return len(inside) > 1 < len(self._terms.reference)

    def _first(self, interchanger: Interchanger) -> Hit | None:
        hit = interchanger.first()
        if hit is None or self._loss in hit.candidate.numbers:
            return None
        return at_the_reduction(hit, self.alignment, interchanger) or hit

    def same(self, faults: Sequence[Fault]) -> list[Hit] | None:
        """Return what was found on another batch on this one, none of it if that does not repair it.

        None where it cannot tell: it has no such quantities, as in another branch, or the losses agree anyway.
        """
        groups = [
            of.find(key) is None
            for fault in faults
            for of, key in (
                (self.alignment.candidate, fault.hit.candidate.key),
                (self.alignment.reference, fault.hit.reference.key),
            )
            if fault.is_exchange
        ]
        if self.interchanger is None or any(groups):
            return None
        if faults[0].is_alone:
            return self._same(faults[0].hit, self.interchanger)
        return self._faults.again(faults)

    def _same(self, hit: Hit, interchanger: Interchanger) -> list[Hit]:
        group = self.alignment.candidate.find(hit.candidate.key)
        other = self.alignment.reference.find(hit.reference.key)
        assert group is not None and other is not None
        if self._loss in group.numbers and departure(group, self.alignment) is None:
            return []
        found = interchanger.replaced(group, other)
        return [] if found is None else [found]

    def goal_of(self, hits: Sequence[Hit], own: Sequence[int]) -> Goal:
        """Return what the gradients have to be with some of the places repaired, and the others as they are."""
        if len(own) == len(hits):
            return self.goal
        some = [hits[number] for number in own]
        gradients = self.gradients(some)
        value = self._bench.tried([hit.splice for hit in some], self._loss)
        if gradients is None or value is None:
            return self.goal
        return replace(
            self.goal, gradients=gradients, value=(float(value.here.ravel()[0]), self.goal.value[1])
        )

    def transplants(
        self, hit: Hit, site: Site | None, donor: Site | None
    ) -> tuple[list[Transplant], list[Transplant]]:
        """Return what may be written in place of what was replaced, and that with its names written out."""
        reverse = Alignment(self.alignment.reference, self.alignment.candidate)
        writer = Transplanter(self.alignment, reverse)
        return writer.transplants(hit, site, donor), writer.written_out(hit, site, donor)

    def is_a_term(self, hit: Hit) -> bool:
        """Return whether what is replaced reaches the candidate's loss through sums alone."""
        return hit.candidate.key in self._own_terms

    def screen(self, hit: Hit, work: Work) -> Screen:
        """Return what tells which edits give the right numbers."""
        return self._bench.screen(hit.splice, work)

    def residual(self, hits: Sequence[Hit], *, float64: bool = True) -> float | None:
        """Return the largest relative difference of the gradients that is left; None where they differ.

        They are those in float64, or as the programs run.
        """
        gradients = self.gradients(hits, float64=float64)
        return None if gradients is None else self.goal.residual(gradients)

    def gradients(self, hits: Sequence[Hit], *, float64: bool = True) -> list[Array | None] | None:
        """Return the candidate's gradients with what was found in place; None where it cannot be run so."""
        splices = [hit.splice for hit in hits]
        return spliced_gradients(self._pair.runs, splices, self._work, float64=float64)
