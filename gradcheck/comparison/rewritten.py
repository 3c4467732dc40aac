"""Texts for an expression of the candidate that the reference does not have: each is written, run, and judged."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from gradcheck.causes import explained
from gradcheck.comparison.goals import Goals
from gradcheck.comparison.locating import Proved
from gradcheck.comparison.repairs import of_this_size, proof_of, repaired
from gradcheck.comparison.wording_of_places import message_without_counterpart
from gradcheck.execution.replay.points import points_of
from gradcheck.execution.replay.screen import Screen
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.execution.run.rerun import is_felt, is_refuted
from gradcheck.explanation.transplant import Transplant
from gradcheck.findings import Finding, Fix, Proof
from gradcheck.program.ops import HOLD_BACK
from gradcheck.program.places import Place, place_of
from gradcheck.program.queries import leads_to_a_pole, made_at
from gradcheck.program.recording import Op, Recording
from gradcheck.program.work import Work
from gradcheck.repair.acceptance import Gate, Hit
from gradcheck.repair.acceptance import Proved as Accepted
from gradcheck.repair.enumeration import Enumeration, constants_of
from gradcheck.repair.goal import Goal
from gradcheck.repair.language import OWN, Edit, Expression, length
from gradcheck.repair.places import coefficient
from gradcheck.repair.proposal import Proposer
from gradcheck.repair.search import Found
from gradcheck.repair.usual import change_of
from gradcheck.source import Site, span_of

WORK = 10_000
"""How many ops may be run to screen expressions, all together."""


def rewritten(place: Proved, edited: Sequence[Found], found: list[Finding], goals: Goals) -> list[Finding]:
    """Return what to say where two programs part with a fix that is source, where one is found; else `found`.

    Parameters
    ----------
    place
        Where they part.
    edited, found
        Edits that repair the candidate, and what is said of them and of the place.
    goals
        What is to be reached.

    Notes
    -----
    A text is found by trying: that it repairs the candidate does not establish that it was meant.
    """
    if any(one.fix is not None and one.fix.source for one in found):
        return found
    known = [one for one in edited if one.finding.verified and one.place.site in place.parting.region]
    if not all(one.may_be_written for one in known):
        return found
    texts = itertools.chain(_texts_at(place, known, goals), place.written_out)
    return repaired(place, texts, known) or _of_this_size(place, goals) or found


def _of_this_size(place: Proved, goals: Goals) -> list[Finding]:
    """Return what to say of the reference's expression as a fix that holds for the batch's own size alone."""
    each = (of_this_size(place, text, goals) for text in (*place.transplants, *place.written_out))
    return next(filter(None, each), [])


def at_fault(place: Proved, goals: Goals) -> list[Finding]:
    """Return what to say of the expression at fault with another one for it as the fix; empty if none is found."""
    located, work = place.parting.located, goals.work.part(WORK)
    if located.same_numbers:
        return []
    screen = place.comparison.screen(place.parting.hit, work)
    sides = located.candidate, located.reference
    texts = _enumerated([place.parting.blamed], screen, sides, goals, work, numbers=False, alone=True)
    return repaired(place, texts)


def _texts_at(place: Proved, known: Sequence[Found], goals: Goals) -> Iterator[Transplant]:
    """Yield other expressions that may be written at a place."""
    located, work = place.parting.located, goals.work.part(WORK)
    # Where the numbers are the same, whatever gives these would pass: what is wrong is a derivative.
    if not located.same_numbers:
        screen = place.comparison.screen(place.parting.hit, work)
        edited = [op for hit in known for op in made_at(hit.place, located.candidate)[:1]]
        own = [place.parting.blamed, *edited, located.op, *place.parting.hit.candidate.ops[:1]]
        sides = located.candidate, located.reference
        yield from _enumerated(own, screen, sides, goals, work, numbers=not any(hit.scales for hit in known))


def in_source(hit: Found, pair: FormulationPair, goals: Goals) -> Found:
    """Return an edit that is known in words, or fits one batch alone, as an expression, where one is found."""
    finding, run = hit.finding, pair.runs[1]
    is_written = finding.fix is not None and finding.fix.source
    is_alone = (finding.proof is None or not finding.proof.needs_also) and not pair.recorded
    ops = made_at(hit.place, run.recording)
    points = points_of(run) if ops and is_alone and not is_written and hit.may_be_written else None
    if points is None:
        return hit
    work = goals.work.part(WORK)
    value, _ = goals.own.value
    screen = Screen(run.recording, run.start, points.here, {run.recording.loss: np.array(value)}, work)
    if screen.passes(Edit(hit.place, OWN)):
        return hit  # the numbers are right already, and whatever gives these would pass
    sides = run.recording, pair.runs[0].recording
    for text in _enumerated(ops[:1], screen, sides, goals, work, numbers=not hit.scales):
        proved = proof_of(text, pair, goals)
        if proved is not None:
            proof, note = proved
            said = _written(finding, text, proof)
            return replace(hit, finding=replace(said, notes=(*said.notes, *filter(None, [note]))))
    return hit


def _written(finding: Finding, text: Transplant, proof: Proof) -> Finding:
    """Return what was said of an edit, with a text that does the same; nothing of what fits one batch alone.

    Where the text has another cause, as a sum for a number that it comes to, that is said.
    """
    said = replace(finding, span=span_of(text.site), severity="error", fix=Fix(text=text.text), proof=proof)
    change = None if text.change is None else explained(text.change)
    if change is not None and change.finding.cause != finding.cause:
        other = change.finding
        return replace(said, cause=other.cause, message=other.message, notes=other.notes)
    if finding.verified:
        return said
    return replace(said, message=message_without_counterpart(text), notes=())


def as_it_runs(hit: Found, pair: FormulationPair, target: Goal) -> Found | None:
    """Return an edit in words where the source with it does not give what its replay gives.

    Of what was tried only behind what both sides share, the whole gradients are compared: those of the source with
    it, as it runs, or else those of its replay. None where they differ, or where no replay tells.
    """
    refuted = _is_refuted_as_source(hit, pair, target)
    if refuted is False:
        return hit if is_felt(pair, _texts_of(hit)) else None
    if hit.finding.verified and pair.has_its_own_gradient(1):
        return None
    if refuted is None:
        return _as_a_whole(hit, target)
    tried = "" if hit.finding.proof is None else hit.finding.proof.tried
    in_words = replace(hit.finding, fix=Fix(text=tried, source=False))
    return _as_a_whole(replace(hit, finding=in_words), target)


def _is_refuted_as_source(hit: Found, pair: FormulationPair, target: Goal) -> bool | None:
    """Return whether the source with an edit has other gradients than its replay; None where nothing is known."""
    texts, proof = _texts_of(hit), hit.finding.proof
    if not texts or proof is None or proof.needs_also or pair.recorded:
        return None
    ((site, text),) = texts.items()
    return is_refuted(pair, site, text, lambda gradients: target.residual(gradients) is not None)


def _texts_of(hit: Found) -> dict[Site, str]:
    """Return what an edit writes, by where; nothing where it is known in words."""
    fix, site = hit.finding.fix, hit.place.site
    return {site: fix.text} if fix is not None and fix.source and site is not None else {}


def _as_a_whole(hit: Found, target: Goal) -> Found | None:
    """Return what is known of an edit with what it leaves of the whole gradients; None where they differ."""
    proof = hit.finding.proof
    residual = 0.0 if proof is None else target.whole(hit.edits)
    if isinstance(residual, str):
        return None
    if proof is None:
        return hit
    measured = replace(proof, residual=max(proof.residual, residual))
    return replace(hit, finding=replace(hit.finding, proof=measured))


def _enumerated(
    own: Sequence[Op],
    screen: Screen,
    sides: tuple[Recording, Recording],
    goals: Goals,
    work: Work,
    *,
    numbers: bool,
    alone: bool = False,
) -> Iterator[Transplant]:
    """Yield expressions at some ops, and unless `alone` around them, that repair a replay on two batches.

    Without `numbers`, none that multiplies by one or adds one: a number that a loss is off by is to be explained,
    and not made up of others, as 0.25 is of 0.5 within a square.
    """
    candidate, _ = sides
    expressions, gate = Enumeration(candidate, constants_of(*sides)), Gate(goals.own, goals.others)
    where, around = _where(own, sides)
    for op, expression in _shortest_first(expressions, where, [] if alone else around):
        if work.cut is not None:
            return
        edit = Edit(place_of(op), expression)
        if not numbers and coefficient(edit) is not None:
            continue
        if op.site is not None and screen.passes(edit):
            text = _accepted(op, edit, candidate, gate, goals.own)
            if text is not None:
                yield Transplant(op.site, text, op.site, change_of(op, expression, candidate))


def _shortest_first(
    expressions: Enumeration, own: Sequence[Op], around: Sequence[Op]
) -> Iterator[tuple[Op, Expression]]:
    """Yield single changes and then pairs of changes; of each those at the ops first, and the shortest."""
    for made in (expressions.singles, expressions.pairs):
        for ops in (own, around):
            by_op = [[(length(one), rank, op, one) for one in made(op)] for rank, op in enumerate(ops)]
            yield from ((op, one) for _, _, op, one in heapq.merge(*by_op, key=lambda entry: entry[:2]))


def _accepted(op: Op, edit: Edit, recording: Recording, gate: Gate, target: Goal) -> str | None:
    """Return how an edit is written, where it may be and repairs the candidate on two batches; else None."""
    proposal = Proposer("other", recording)(op, edit.expression, "")
    if proposal.text is None:
        return None
    residual = target.reached(proposal.edits)
    if isinstance(residual, str):
        return None
    ruling = gate.judge(Hit((proposal,), residual))
    fits = isinstance(ruling, Accepted) and not ruling.no_fix and not ruling.this_size_only
    return proposal.text if fits else None


def _where(own: Sequence[Op], sides: tuple[Recording, Recording]) -> tuple[list[Op], list[Op]]:
    """Return the ops that may be changed: some, and those beside them, that read them, or that they read."""
    recording, _ = sides
    beside = [op for one in own for op in recording.at_site.get(one.site, ())]
    after = [op for one in own for number in one.outputs for op in recording.consumers.get(number, ())]
    before = [
        maker for one in own for number in one.inputs if (maker := recording.producer(number)) is not None
    ]
    places = {place_of(op) for op in own}
    around = [op for op in _once([*beside, *after, *before], sides) if place_of(op) not in places]
    return _once(own, sides), around[:_MOST_OPS]


def _once(ops: Sequence[Op], sides: tuple[Recording, Recording]) -> list[Op]:
    """Return the first op of each place that the loss depends on, in the order in which they come.

    Not what both sides run: the reference would change as well. And no bound that keeps from a pole, which a lower
    precision than that of a replay would meet.
    """
    recording, reference = sides
    found: dict[Place, Op] = {}
    for op in ops:
        own = op.site is not None and op.site not in reference.at_site
        guards = op.type in HOLD_BACK and leads_to_a_pole(op, recording)
        if own and op.index in recording.contributing and op.outputs and not guards:
            found.setdefault(place_of(op), op)
    return list(found.values())


_MOST_OPS = 8
