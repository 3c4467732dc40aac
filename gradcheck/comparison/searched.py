"""What is proved of a case that differs: first where the programs part, then which edit repairs that."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from gradcheck.causes._evidence import Evidence
from gradcheck.causes._shared_lines import shared_sites
from gradcheck.causes._symptoms import symptoms
from gradcheck.comparison.as_expressions import as_expression
from gradcheck.comparison.at_the_definition import at_the_definition
from gradcheck.comparison.at_the_place import (
    in_pairs,
    said_at_the_place,
    where_first_unlike,
    with_its_breakdown,
    with_its_fact,
)
from gradcheck.comparison.comparing import Comparison
from gradcheck.comparison.counterpart import without_counterpart
from gradcheck.comparison.goals import Goals, by_the_loss_first
from gradcheck.comparison.in_source import in_source as written
from gradcheck.comparison.locating import Proved, departed, located
from gradcheck.comparison.repairs import at_one_of_several, finding
from gradcheck.comparison.restored import with_what_it_restores
from gradcheck.comparison.rewritten import as_it_runs, in_source, rewritten
from gradcheck.comparison.shortest import repaired_anywhere, repaired_before_all, shortened
from gradcheck.comparison.stopped_as_a_whole import stopped_as_a_whole
from gradcheck.comparison.together import in_one_text
from gradcheck.comparison.unread import with_unread
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.explanation.divergence import Divergence, divergences
from gradcheck.findings import Finding, most_certain_first
from gradcheck.options import Options
from gradcheck.program.places import ops_at
from gradcheck.program.work import Work
from gradcheck.repair.goal import Goal
from gradcheck.repair.proposal import Proposal
from gradcheck.repair.search import EditSearch, Found

Propose = Callable[[Evidence], list[Proposal]]
"""Returns the edits to try, the likeliest first."""


@dataclass(frozen=True)
class Explanation:
    """What was found, the search for an edit, and what that for a place took."""

    findings: tuple[Finding, ...]
    search: EditSearch | None = None
    seeking: Work | None = None

    @property
    def incomparable(self) -> bool:
        """Whether the sides did not see the same random numbers, and nothing proves more than that."""
        return any(
            one.cause == "nondeterministic" and one.severity == "error" and not one.verified
            for one in self.findings
        )


@dataclass(frozen=True)
class Searching:
    """A search for what repairs the candidate of a case.

    Parameters
    ----------
    seen
        What could be seen without trying anything.
    goals
        What is to be reached.
    propose
        Returns the edits that may be tried.
    """

    pair: FormulationPair
    evidence: Evidence
    seen: Sequence[Finding]
    goals: Goals
    options: Options
    propose: Propose

    def explanation(self) -> Explanation:
        """Return what was seen, and what is proved.

        Where the gradients do not bear out a place that is to be shown, the search goes on without it.
        """
        seeking = Work(self.options.work, self.options.budget)
        places = located(self.pair, self.goals.own, self.goals.others, seeking) if self._is_comparable else []
        search, unmeasured = self._at(places)
        found = _measured(unmeasured, places)
        if found is None:
            search, found = self._at([])
        if self._is_comparable and not any(one.verified for one in found):
            found = [*self._where_the_loss_departs(seeking), *found]
        found = stopped_as_a_whole(found, self.pair, self.goals)
        found = at_the_definition(found, self.pair, self.goals)
        found, findings = with_what_it_restores(found, _beside(self.seen, found))
        if not found and not any(finding.severity == "error" for finding in findings):
            shared, tried = shared_sites(self.evidence), bool(search.tried)
            findings += without_counterpart(self._parting, self.evidence, shared, tried=tried)
        began = search.tried or self.goals.work.stopped or seeking.stopped
        told = with_unread(most_certain_first([as_expression(one) for one in (*found, *findings)]), self.pair)
        return Explanation(tuple(told), search if began else None, seeking)

    def _where_the_loss_departs(self, work: Work) -> list[Finding]:
        """Return where alone something else is made of what the reference has, if no edit repairs anything."""
        places = departed(self.pair, self.goals.own, self.goals.others, work)
        return (_measured([finding(one) for one in places], places) or []) if places else []

    @functools.cached_property
    def _is_comparable(self) -> bool:
        return not self.evidence.alone and all(run.direct for run in self.pair.runs)

    @functools.cached_property
    def _parting(self) -> list[Divergence]:
        """Where the numbers of the candidate leave those of the reference."""
        comparison = Comparison(self.pair, self.goals.own, self.goals.work)
        return divergences(comparison.alignment) if comparison.is_comparable else []

    def _at(self, places: Sequence[Proved]) -> tuple[EditSearch, list[Finding]]:
        """Return what repairs the candidate at some places; anywhere, where there is none."""
        goals, place = self.goals, places[0] if len(places) == 1 else None
        if place is not None:
            screen = place.comparison.screen(place.parting.hit, goals.work)
            goals = by_the_loss_first(goals, screen, self.pair.runs[1].recording)
        sites = frozenset(one.op.site for one in self._parting) if place is None else place.parting.region
        search = EditSearch(goals.own, goals.others, goals.work, sites)
        if self.options.watch is not None:
            self.options.watch("trying fixes", search)
        may_help = (one for one in self.propose(self.evidence) if not _changes_what_is_shared(one, self.pair))
        proposals = [one for one in may_help if not places or _is_there(one, places)]
        edited = search.run(proposals, pairs=not places)
        if len(places) > 1 and not any(one.finding.verified for one in edited):
            edited = search.run_pairs(proposals)
        if len(places) > 1 and not any(one.finding.verified for one in edited):
            return search, self._at_several(places)
        edited = self._as_they_run(edited)
        if place is None:
            return search, self._edited_anywhere(edited)
        found = said_at_the_place(place, edited, self._with_symptoms(edited), goals, self.seen)
        found = shortened(place, [_as_seen(one, self.seen) for one in found], goals)
        found = rewritten(place, edited, found, goals)
        if not _has_a_fix(found) and not self.pair.has_its_own_gradient(1):
            found = in_pairs(search, proposals, found, place)
        found = where_first_unlike(place, found)
        return search, with_its_breakdown(place, with_its_fact(place, found, self.seen), self.seen)

    def _at_several(self, places: Sequence[Proved]) -> list[Finding]:
        """Return what repairs several places; of one expression, first the one fact that explains it."""
        each = in_one_text(_at_each(places, self.goals), self.pair, self.goals)
        at_one = len({one.span for one in each}) == 1  # else a fact about one would hide the others
        return with_its_fact(places[0], each, self.seen) if at_one else each

    def _as_they_run(self, edited: Sequence[Found]) -> list[Found]:
        """Return edits that repair the whole gradients, together if they are several."""
        found = [as_it_runs(hit, self.pair, self.goals.own) for hit in edited]
        return [hit for hit in found if hit is not None] if None not in found else []

    def _edited_anywhere(self, edited: list[Found]) -> list[Finding]:
        """Return what to say of edits, or of the shortest change of the source where none is a proved fix."""
        if len(edited) == 1:
            edited = [in_source(hit, self.pair, self.goals) for hit in edited]
        found = self._with_symptoms(edited)
        if not self._is_comparable:
            return found
        if not any(hit.scales for hit in edited):
            found = [*written(found, self.pair, self.goals)]
        # What else is wrong may say more than a number does, and what takes fewer words than one factor more.
        told = [one for one in found if one.verified and _is_written_without_a_number(one)]
        if told and not (any(hit.scales for hit in edited) and any(map(_is_longer, told))):
            return found
        anywhere = repaired_anywhere(self.pair, self._parting, self.goals, shorter_than=told)
        return [
            _with_what_was_seen(_caused_alike(one, found, self.seen), self.seen) for one in anywhere
        ] or found

    def _with_symptoms(self, edited: Sequence[Found]) -> list[Finding]:
        return [_with_symptoms(hit, self.evidence, self.goals.own) for hit in edited]


def _is_longer(found: Finding) -> bool:
    """Return whether a fix is longer than what stands there."""
    return found.fix is not None and found.span is not None and len(found.fix.text) > len(found.span.text)


def _is_written_without_a_number(found: Finding) -> bool:
    """Return whether a fix is source, without a number that does not stand there: an axis is none."""
    if found.fix is None or not found.fix.source or found.span is None:
        return False
    own, others = (_NUMBER.findall(_AXIS.sub("", text)) for text in (found.span.text, found.fix.text))
    return {*others} <= {*own}


_AXIS = re.compile(r"\baxis=(?:-?\d+|[\[(][-\d, ]*[\])])")
_NUMBER = re.compile(r"(?<![\w.])\d[\d.]*(?:e[-+]?\d+)?")


def _measured(found: list[Finding], places: Sequence[Proved]) -> list[Finding] | None:
    """Return findings with what is left of the gradients where that was not measured; None where these differ."""

    def is_open(one: Finding) -> bool:
        return one.proof is not None and math.isnan(one.proof.residual)

    left = places[0].measure() if any(map(is_open, found)) else 0.0
    if left is None:
        return None
    return [
        replace(one, proof=replace(one.proof, residual=left)) if one.proof and is_open(one) else one
        for one in found
    ]


def _at_each(places: Sequence[Proved], goals: Goals) -> list[Finding]:
    """Return what repairs each of several places, or else all of them at once, if that is found.

    Several places are told at one expression where all read what it took out of TensorFlow: once is enough.
    """
    at_once = repaired_before_all(places, goals, share=2)
    if at_once:
        return at_once
    share = 2 * len(places)
    found = [one for each in places for one in shortened(each, at_one_of_several(each), goals, share=share)]
    if all(one.fix is not None and one.fix.source for one in found):
        return found
    once = {(one.span, one.message): one for one in reversed(found)}
    return list(reversed(once.values()))


def _has_a_fix(found: Sequence[Finding]) -> bool:
    return any(one.fix is not None for one in found)


def _beside(seen: Sequence[Finding], found: list[Finding]) -> list[Finding]:
    """Return what was seen that still deserves to be said beside what was found."""
    proved = any(finding.verified for finding in found)
    return _without_guesses(seen, found) if proved else _without_twins(seen, found)


def _caused_alike(repaired: Finding, found: Sequence[Finding], seen: Sequence[Finding]) -> Finding:
    """Return what repairs the candidate, with the cause of what was proved elsewhere if it names none.

    Or of numbers that break down, which it mends.
    """
    broken = (one for one in seen if one.cause == "numerics" and one.severity == "error")
    causes = [one.cause for one in (*(one for one in found if one.verified), *broken)]
    return replace(repaired, cause=causes[0]) if causes and repaired.cause == "other" else repaired


def _with_what_was_seen(repaired: Finding, seen: Sequence[Finding]) -> Finding:
    """Return a fact that was seen in the very expression, with what repairs it; else what repairs it alone."""
    facts = [one for one in seen if one.span == repaired.span and one.severity == "error"]
    return replace(facts[0], proof=repaired.proof, fix=repaired.fix) if facts else repaired


def _as_seen(located: Finding, seen: Sequence[Finding]) -> Finding:
    """Return a finding with the cause that was seen in its very expression, where the place alone names none."""
    causes = [one.cause for one in seen if one.span == located.span and one.severity != "note"]
    return replace(located, cause=causes[0]) if causes and located.cause == "other" else located


def _is_there(proposal: Proposal, places: Sequence[Proved]) -> bool:
    region = frozenset(site for place in places for site in place.parting.region)
    return all(edit.place.site in region for edit in proposal.edits)


def _changes_what_is_shared(proposal: Proposal, pair: FormulationPair) -> bool:
    """Return whether an edit is of what both sides run and use alike: what undoes a fault there is no repair."""
    tail = pair.tails[1].recording
    found = (ops_at(edit.place, tail) for edit in proposal.edits)
    return any(left_out and not run for run, left_out in found)


def _with_symptoms(found: Found, evidence: Evidence, target: Goal) -> Finding:
    recording = evidence.candidate
    ops = [op for op in recording.ops if op.index in recording.contributing and found.place.holds(op)]
    if len(ops) != 1:  # what one run of an expression shows need not hold for the others
        return found.finding
    said = symptoms(ops[0], found.finding, recording, evidence.samples, target.attempt)
    return replace(found.finding, notes=(*found.finding.notes, *said))


def _without_guesses(seen: Sequence[Finding], proved: list[Finding]) -> list[Finding]:
    """Return what still deserves to be said beside a proof: facts and notes, each place once."""
    places = {finding.span for finding in proved}
    return [finding for finding in seen if finding.severity != "suspicion" and finding.span not in places]


def _without_twins(seen: Sequence[Finding], found: list[Finding]) -> list[Finding]:
    """Return what was seen, without what is among the `found` with more evidence."""
    leads = {(finding.cause, finding.span) for finding in found}
    return [finding for finding in seen if (finding.cause, finding.span) not in leads]
