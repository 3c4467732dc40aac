"""What is said of a place where the programs part, and of the texts that repair the candidate there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gradcheck.causes import cause_of
from gradcheck.comparison.locating import Proved
from gradcheck.comparison.wording_of_places import (
    message_of,
    message_of_a_copy,
    message_without_counterpart,
    span_at,
)
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.execution.run.rerun import gradients_with
from gradcheck.explanation.locate import Parting
from gradcheck.explanation.transplant import Transplant
from gradcheck.findings import Finding, Fix
from gradcheck.program.queries import is_constant
from gradcheck.repair.goal import Goal
from gradcheck.source import Span, conversion_before, span_of


def repaired(proved: Proved, texts: Iterable[Transplant]) -> list[Finding]:
    """Return what to say of the place with the first of some texts as its fix that works; empty where none does.

    Each is written into the source, which is run on both batches.
    """
    for one in texts:
        residual = residual_with(proved.batches, one)
        if residual is not None:
            return _with_fix(proved, one, residual)
    return []


def at_one_of_several(proved: Proved) -> list[Finding]:
    """Return what to say of one of several places: with what repairs it, the others left as they are, if known."""
    return repaired(proved, proved.transplants)[:1] or [finding(proved)]


def residual_with(batches: Iterable[tuple[FormulationPair, Goal]], transplant: Transplant) -> float | None:
    """Return the largest relative difference that a text leaves on all batches; None where gradients differ."""
    worst = 0.0
    for pair, goal in batches:
        value, _ = goal.value
        gradients = gradients_with(pair, transplant.site, transplant.text, transplant.donor, value)
        residual = None if gradients is None else goal.residual(gradients)
        if residual is None:
            return None
        worst = max(worst, residual)
    return worst


def _with_fix(proved: Proved, transplant: Transplant, residual: float) -> list[Finding]:
    shown, span = finding(proved), span_of(transplant.site)
    proof = replace(proved.proof, tried=f"`{transplant.text}`", residual=residual)
    said = message_of(proved.parting, transplant.site)
    with_fix = replace(shown, message=said, span=span, proof=proof, fix=Fix(text=transplant.text))
    if transplant.donor == transplant.site:
        found = proved.parting
        own = transplant.site in (found.site, found.replaced_site)
        elsewhere = replace(with_fix, message=message_without_counterpart(transplant.site), reference=None)
        return [with_fix if own else elsewhere]
    if shown.span is None or (span.line <= shown.span.line and shown.span.end_line <= span.end_line):
        return [with_fix]
    return [shown, with_fix]


def finding(proved: Proved) -> Finding:
    """Return what to say of the place."""
    found = proved.parting
    own = found.located
    recording = own.candidate
    cause = cause_of(own)
    taken_out = _taken_out(found) if cause == "disconnected" else None
    return Finding(
        cause=cause,
        message=message_of(found, found.site) if taken_out is None else message_of_a_copy(found),
        span=span_at(found.site) if taken_out is None else taken_out,
        reference=span_at(found.reference_site),
        shapes=(*recording.shapes(own.op.inputs), *recording.shapes(own.op.outputs)),
        severity="error",
        proof=proved.proof,
    )


def _taken_out(found: Parting) -> Span | None:
    """Return where what the place reads was taken out of TensorFlow, if it reads a constant."""
    own, recording = found.located.op, found.located.candidate
    constant = any(
        is_constant(number, recording) and recording.tensors[number].floating for number in own.inputs
    )
    return conversion_before(found.site) if constant and found.site is not None else None
