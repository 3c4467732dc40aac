"""What is said of a place where the programs part, and of the texts that repair the candidate there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal

from gradcheck.causes import cause_of, explained
from gradcheck.comparison.cause_of_a_fix import adds_a_factor, cause_with
from gradcheck.comparison.goals import Goals
from gradcheck.comparison.locating import OtherPair, Proved
from gradcheck.comparison.wording_of_places import (
    first_step,
    message_of,
    message_of_a_copy,
    message_without_counterpart,
    span_at,
    told_elsewhere,
)
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.execution.run.rerun import AS_NOISY, comes_near, gradients_with, holds_for_other_numbers
from gradcheck.explanation.locate import Parting
from gradcheck.explanation.transplant import Transplant
from gradcheck.findings import Finding, Fix, Proof
from gradcheck.judgement.differences import distance
from gradcheck.program.queries import is_constant
from gradcheck.repair.goal import Goal
from gradcheck.repair.search import HERE_ONLY, Found
from gradcheck.source import Span, conversion_before, span_of


def repaired(proved: Proved, texts: Iterable[Transplant], known: Sequence[Found] = ()) -> list[Finding]:
    """Return what to say of the place with the first of some texts as its fix that works; empty where none does.

    Each is written into the source, which is run on both batches. If one edit is `known` that does the same, the
    text does what that does.
    """
    for one in texts:
        residual = None if len(one.text) > _READABLE else residual_with(proved.batches, one)
        if residual is not None and _comes_near(*proved.batches[0], one):
            if one.also:
                return _with_fixes(proved, one, residual)
            found = _with_fix(proved, one, residual)
            return [_named(found[0], one, known, proved)] if len(found) == 1 else found
    return []


def of_this_size(place: Proved, text: Transplant, goals: Goals) -> list[Finding]:
    """Return what to say of a change that repairs the candidate on batches of the case's own size alone."""
    (pair, goal), *others = place.batches
    if all(other.samples == goal.samples for _, other in others):
        return []
    if residual_with([(pair, goal)], text) is None:
        return []
    for other in goals.others:
        if isinstance(other, OtherPair) and other.target.samples == goal.samples:
            proof = replace(place.proof, samples=(goal.samples, goal.samples), second=other.second)
            there = replace(place, proof=proof, batches=((pair, goal), (other.pair, other.target)))
            return [replace(one, notes=(*one.notes, HERE_ONLY)) for one in repaired(there, [text])]
    return []


_READABLE = 500
"""How many characters a fix may have: a longer one is the reference once more, and tells nobody what is wrong."""


def _named(found: Finding, text: Transplant, known: Sequence[Found], proved: Proved) -> Finding:
    """Return what is said of a text by what it does: as a change of one op, as the edit that is known, as written.

    A number that repairs the candidate says less than what that is written as.
    """
    edit = known[0] if len(known) == 1 else None
    change = None if text.change is None or (edit is not None and not edit.scales) else explained(text.change)
    if change is not None:
        said = change.finding
        return replace(
            found, cause=said.cause, message=said.message, notes=said.notes, operands=said.operands
        )
    if edit is not None:
        said = edit.finding
        message = said.message if said.span == found.span else found.message
        notes = () if said.fix is None else said.notes  # else they say why there is no fix
        return replace(found, cause=said.cause, message=message, notes=notes)
    if proved.parting.located.chosen is not None:
        return found  # by whatever text: it is which elements are taken that goes wrong
    located = proved.parting.located
    return replace(found, cause=cause_with(text, (located.candidate, located.reference), found.cause))


def at_one_of_several(proved: Proved) -> list[Finding]:
    """Return what to say of one of several places: with what repairs it, the others left as they are, if known."""
    return repaired(proved, [*proved.transplants, *proved.written_out])[:1] or [finding(proved)]


Precisions = Literal["float64", "both", "own"]
"""In which precisions gradients are judged: in ``float64``; also as the candidate runs, where float64 shows no
fault; or only so, where a replay in float64 differentiates what the candidate does not, as a gradient by hand."""

_IN_FLOAT64: dict[Precisions, tuple[bool, ...]] = {"float64": (True,), "both": (True, False), "own": (False,)}


def residual_with(
    batches: Iterable[tuple[FormulationPair, Goal]],
    transplant: Transplant,
    precisions: Precisions = "float64",
) -> float | None:
    """Return the largest relative difference that a text leaves on all batches; None where gradients differ."""
    worst = 0.0
    for pair, goal in batches:
        value = None if transplant.any_value else goal.value[0]
        for float64 in _IN_FLOAT64[precisions]:
            own = goal if float64 else _as_precise(pair, goal)
            gradients = gradients_with(pair, transplant.texts, value, float64=float64)
            residual = None if gradients is None else own.residual(gradients)
            if residual is None:
                return None
            worst = max(worst, residual)
    return worst


def _comes_near(pair: FormulationPair, goal: Goal, transplant: Transplant) -> bool:
    """Return whether a text that is right in float64 is so as the candidate runs, and not by chance."""
    texts, exact = transplant.texts, goal.gradients
    return comes_near(pair, texts, exact) and holds_for_other_numbers(pair, texts, exact)


def _as_precise(pair: FormulationPair, goal: Goal) -> Goal:
    """Return what gradients have to be as they run: as near to those in float64 as the reference's are."""
    sides = zip(goal.allowed, pair.runs[0].gradients, goal.gradients, strict=True)
    allowed = [max(known, AS_NOISY * distance(ran, exact)) for known, ran, exact in sides]
    return replace(goal, allowed=allowed)


def proof_of(
    text: Transplant, pair: FormulationPair, goals: Goals, precisions: Precisions = "float64"
) -> tuple[Proof, str] | None:
    """Return that a text repairs the candidate on two batches, with a note; None where it does not.

    Where it fails on a batch of another size, and not on one of the case's own, the size may be hard-coded.
    """
    here = residual_with([(pair, goals.own)], text, precisions)
    if precisions == "float64" and here is not None and not _comes_near(pair, goals.own, text):
        return None
    note = ""
    # Sides that differ as they run may agree in float64 on every batch.
    others = goals.second() if precisions == "float64" else goals.every()
    for other in others if here is not None else ():
        there = residual_with([(other.pair, other.target)], text, precisions)
        samples = goals.own.samples, other.target.samples
        if here is not None and there is not None:
            left, second = max(here, there), other.second
            return Proof(tried=f"`{text.text}`", residual=left, samples=samples, second=second), note
        if samples[0] == samples[1]:
            return None
        note = HERE_ONLY
    return None


def _with_fixes(proved: Proved, transplant: Transplant, residual: float) -> list[Finding]:
    """Return what to say of several texts that repair the candidate together, each at its place."""
    together = (transplant, *transplant.also)
    found = []
    for one in together:
        (alone,) = _with_fix(proved, one, residual)[-1:]
        others = tuple(span_of(other.site).place for other in together if other is not one)
        proof = None if alone.proof is None else replace(alone.proof, needs_also=others)
        found.append(_named(replace(alone, proof=proof), one, (), proved))
    return found


def _with_fix(proved: Proved, transplant: Transplant, residual: float) -> list[Finding]:
    shown, span = finding(proved), span_of(transplant.site)
    proof = replace(proved.proof, tried=f"`{transplant.text}`", residual=residual)
    said = message_of(proved.parting, transplant.site)
    with_fix = replace(shown, message=said, span=span, proof=proof, fix=Fix(text=transplant.text))
    if transplant.site != proved.parting.site:
        with_fix = replace(with_fix, reference=span_at(proved.parting.reference_site))
    if transplant.donor == transplant.site:
        found = proved.parting
        own = transplant.site in (found.site, found.replaced_site)
        elsewhere = replace(
            with_fix, message=message_without_counterpart(transplant), reference=None, shapes=()
        )
        return [with_fix if own else elsewhere]
    behind = transplant.site != proved.parting.replaced_site
    if (
        behind
        or adds_a_factor(transplant)  # what is missing is said where it is
        or shown.span is None
        or (span.line <= shown.span.line and shown.span.end_line <= span.end_line)
    ):
        return [with_fix]
    if shown.cause == "other":  # no more is known of the first step than that it is one
        return [replace(with_fix, notes=(first_step(proved.parting, shown.span), *with_fix.notes))]
    return [shown, with_fix]


def finding(proved: Proved) -> Finding:
    """Return what to say of the place."""
    found = proved.parting
    own = found.located
    recording = own.candidate
    cause = cause_of(own)
    taken_out = _taken_out(found) if cause == "disconnected" else None
    proof = proved.proof if taken_out is None else told_elsewhere(proved.proof, span_of(found.site))
    return Finding(
        cause=cause,
        message=message_of(found, found.site) if taken_out is None else message_of_a_copy(found),
        span=span_at(found.site) if taken_out is None else taken_out,
        reference=span_at(found.beside),
        shapes=(*recording.shapes(own.op.inputs), *recording.shapes(own.op.outputs)),
        severity="error",
        proof=proof,
    )


def _taken_out(found: Parting) -> Span | None:
    """Return where what the place reads was taken out of TensorFlow, if it reads what no variable moves."""
    own, recording = found.located.op, found.located.candidate
    read = [number for number in own.inputs if recording.tensors[number].floating]
    taken = any(is_constant(number, recording) for number in read) or recording.trainable.isdisjoint(read)
    return conversion_before(found.site) if taken and found.site is not None else None
