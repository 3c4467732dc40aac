"""What is said of the place where the programs part, beside edits that repair it and facts that explain it."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

from gradcheck.causes import cause_of
from gradcheck.comparison.goals import Goals
from gradcheck.comparison.locating import Proved
from gradcheck.comparison.repairs import finding, repaired
from gradcheck.comparison.rewritten import at_fault
from gradcheck.comparison.wording_of_places import message_where_first_unlike, span_at, told_elsewhere
from gradcheck.explanation.callers import own_site
from gradcheck.explanation.exchange import is_multiple
from gradcheck.explanation.region import first_unlike
from gradcheck.findings import Finding
from gradcheck.program.queries import made_at, made_before
from gradcheck.repair.language import Edit
from gradcheck.repair.proposal import Proposal
from gradcheck.repair.search import EditSearch, Found
from gradcheck.source import Span, innermost_conversions, span_of
from gradcheck.source.differences import calls_anew

_ENDS = ("disconnected", "stop_gradient")
"""Causes by which a gradient does not get to a variable."""


def _beside_the_place(shown: Finding, edited: Sequence[Finding], *, certain: bool) -> list[Finding]:
    """Return what is said of the place, and of the edits that repair it and cannot be written as source.

    An edit says more than the place itself; but one of other lines comes after a place that is `certain`,
    to which it lends the name of its cause.
    """
    if edited and (not certain or all(_overlap(shown, one) for one in edited)):
        return list(edited)
    if edited and shown.cause == "other":
        shown = replace(shown, cause=edited[0].cause)
    return [shown, *edited]


def _named_by(found: Sequence[Finding], edited: Sequence[Finding]) -> list[Finding]:
    """Return findings with the cause of an edit that repairs the same, where they have none."""
    cause = edited[0].cause if edited else "other"
    return [replace(one, cause=cause) if one.cause == "other" else one for one in found]


def _overlap(one: Finding, other: Finding) -> bool:
    """Return whether the expressions of two findings have a line in common."""
    own, others = one.span, other.span
    if own is None or others is None:
        return own is others
    return own.file == others.file and own.line <= others.end_line and others.line <= own.end_line


def with_its_fact(place: Proved, found: list[Finding], seen: Sequence[Finding]) -> list[Finding]:
    """Return what was found, first the one fact that explains it: of the same cause, as where a gradient ends.

    Or where nothing can learn, if no cause and no fix is known of the place.

    It is one only about what the `place` is made from: the reference may have a stop of the same kind elsewhere.
    What was taken out of TensorFlow before it counts as that, as what NumPy made of it is not recorded.
    """
    recording = place.parting.located.candidate
    before = made_before(place.parting.hit.candidate.numbers, recording)
    makers = (recording.producer(number) for number in before)
    region = {span_of(maker.site) for maker in makers if maker is not None and maker.site is not None}
    own, other = place.parting.located.passes
    ends = bool(found) and (found[0].cause in _ENDS or (other and not own))
    unexplained = bool(found) and found[0].cause == "other" and found[0].fix is None
    dead = ("dead",) if unexplained else ()  # where nothing can learn explains it
    causes = (*(_ENDS if ends else ()), *dead, *(one.cause for one in found[:1]))
    alike = [one for one in seen if one.severity == "error" and one.cause in causes]
    facts = [one for one in alike if one.span in region]
    if not facts and found and found[0].cause == "disconnected":
        facts = [one for one in alike if _is_taken_out_before(one.span, found[0].span)]
    if len(facts) != 1 or not found:
        return found
    if _overlap(facts[0], found[0]):
        named = ends or facts[0].cause in dead
        return [replace(found[0], cause=facts[0].cause), *found[1:]] if named else found
    (fact,), shown = facts, found[0]
    if shown.proof is None or shown.span is None or not shown.verified:
        return found
    if fact.cause == "stop_gradient" and _reads_what_is_there(shown):
        return [
            replace(shown, cause=fact.cause),
            *found[1:],
        ]  # the stop is left where it is: it is read wrongly
    fact = replace(fact, proof=told_elsewhere(shown.proof, shown.span), reference=shown.reference)
    return [fact, *(one for one in found if one.fix is not None)]


def with_its_breakdown(place: Proved, found: list[Finding], seen: Sequence[Finding]) -> list[Finding]:
    """Return a place without a fix as what breaks down there, if numbers do: what was unlike comes of that."""
    first = found[0] if found and found[0].fix is None and found[0].verified else None
    broken = [one for one in seen if one.severity == "error" and one.cause == "numerics"]
    if first is None or len(broken) != 1:
        return found
    site = place.parting.replaced_site
    if not _overlap(broken[0], first) and (site is None or span_of(site) != broken[0].span):
        return found
    return [replace(broken[0], proof=first.proof, reference=first.reference), *found[1:]]


def _is_taken_out_before(one: Span | None, other: Span | None) -> bool:
    """Return whether a span is of what takes a value out of TensorFlow, above another one in its file."""
    if one is None or other is None or (one.file, one.line < other.line) != (other.file, True):
        return False
    try:
        return bool(innermost_conversions(ast.parse(one.text, mode="eval")))
    except SyntaxError:
        return False


def where_first_unlike(place: Proved, found: list[Finding]) -> list[Finding]:
    """Return the finding on a place without a fix at the first expression that is unlike the reference.

    Not where something is blamed already for what goes wrong at the place.
    """
    parting, shown = place.parting, found[0] if len(found) == 1 else None
    if shown is None or shown.proof is None or shown.span is None or shown.fix is not None:
        return found
    if parting.site != parting.replaced_site or shown.span != span_at(parting.site):
        return found
    op = first_unlike(parting.hit, place.comparison.alignment)
    if op is None or op.site is None or op.site == parting.site:
        return found
    message = message_where_first_unlike(parting, op)
    cause = cause_of(replace(parting.located, blamed=op)) if shown.cause == "other" else shown.cause
    proof = told_elsewhere(shown.proof, shown.span)
    return [replace(shown, span=span_of(op.site), message=message, cause=cause, proof=proof, shapes=())]


def _reads_what_is_there(found: Finding) -> bool:
    """Return whether a finding is repaired by reading something else in its expression that is there already."""
    if found.fix is None or not found.fix.source or found.span is None:
        return False
    return not calls_anew(found.span.text, found.fix.text)


def said_at_the_place(
    place: Proved,
    edited: Sequence[Found],
    found: Sequence[Finding],
    goals: Goals,
    seen: Sequence[Finding],
) -> list[Finding]:
    """Return what to say where the programs part: the edits that repair them there, or else the place.

    An edit elsewhere that makes the gradients agree may undo the fault: it is no more than that. So one in the
    lines that go wrong, or where a fact was `seen`, comes before one in others.
    """
    facts = [one.span for one in seen if one.severity == "error"]
    there = [one.finding.verified and one.place.site in place.parting.region for one in edited]
    shown = finding(place)
    alike = [shown.reference if _overlap(shown, one) else None for one in found]
    known = [replace(one, reference=its) for one, its in zip(found, alike, strict=True)]
    known = known if there and all(there) else []
    located = place.parting.located
    written = bool(known) and all(one.fix is not None and one.fix.source for one in known)
    if written and place.parting.other_arguments:
        # What is handed to what both run is wrong: an edit of how it is made says more than where it is read.
        if all(_is_before(one, place) for one in edited):
            return known
        written = False
    # What indices are computed from is where they go wrong; and an edit that leaves right numbers as they are
    # changes the derivative where that goes wrong.
    upstream = located.chosen is not None or located.same_numbers
    at = [span_at(place.parting.replaced_site), *facts]
    if written and (upstream or any(_overlap(shown, one) or one.span in at for one in known)):
        return known
    fixed = repaired(place, place.transplants)
    if not fixed and written and not place.parting.in_a_call:
        fixed = at_fault(place, goals) or known
    return _named_by(fixed, known) or _beside_the_place(shown, known, certain=_is_certain(place))


def _is_before(edited: Found, place: Proved) -> bool:
    """Return whether an edit is of what the place is made from, in a function that the candidate alone runs."""
    located = place.parting.located
    sides = located.candidate, located.reference
    before = made_before(place.parting.hit.candidate.numbers, located.candidate)
    ops = made_at(edited.place, located.candidate)
    own = all(own_site(op, *sides) == op.site for op in ops)
    return own and any(not before.isdisjoint(op.outputs) for op in ops)


def _is_certain(place: Proved) -> bool:
    """Return whether the place says more than an edit elsewhere: a call of what both run, or a mean or sum.

    Where what is there is right but for a factor, or comes right with one, it says less: its reader is at fault.
    """
    found = place.parting
    tells = found.site != found.located.op.site or found.located.sums_known
    return tells and not is_multiple(found.hit) and abs(found.hit.splice.source.factor) == 1


def in_pairs(
    search: EditSearch, proposals: Sequence[Proposal], found: list[Finding], place: Proved
) -> list[Finding]:
    """Return what two edits together repair at the place; what was found there where no two do."""
    work = search.work.part(MOST_OF_PAIRS)
    screen = place.comparison.screen(place.parting.hit, work)

    def passes(edits: Sequence[Edit]) -> bool:
        return work.cut is None and screen.passes(*edits)

    pairs = [one for one in search.run_pairs(proposals, passes) if one.finding.verified]
    if any(isinstance(search.target.whole(one.edits), str) for one in pairs):
        return found
    return [replace(one.finding, reference=found[0].reference) for one in pairs] or found


MOST_OF_PAIRS = 5_000
"""How many ops may be run to screen pairs of edits at a place."""
