"""What is said of the place where the programs part, beside edits that repair it and facts that explain it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradcheck.findings import Finding

_ENDS = ("disconnected", "stop_gradient")
"""Causes by which a gradient does not get to a variable."""


def beside_the_place(shown: Finding, edited: Sequence[Finding], *, certain: bool) -> list[Finding]:
    """Return what is said of the place, and of the edits that repair it and cannot be written as source.

    An edit says more than the place itself; but one of other lines comes after a place that is `certain`,
    to which it lends the name of its cause.
    """
    if edited and (not certain or all(_overlap(shown, one) for one in edited)):
        return list(edited)
    if edited and shown.cause == "other":
        shown = replace(shown, cause=edited[0].cause)
    return [shown, *edited]


def _overlap(one: Finding, other: Finding) -> bool:
    own, others = one.span, other.span
    if own is None or others is None:
        return own is others
    return own.file == others.file and own.line <= others.end_line and others.line <= own.end_line


def with_its_fact(found: list[Finding], seen: Sequence[Finding]) -> list[Finding]:
    """Return what was found, first the fact that explains it: where the gradient ends that the place lacks.

    What is put in place there gives every variable its gradient, and so the one whose way ends at the fact's.
    """
    facts = [one for one in seen if one.severity == "error" and one.cause in _ENDS]
    if len(facts) != 1 or not found or found[0].cause not in _ENDS or _overlap(facts[0], found[0]):
        return found
    (fact,), place = facts, found[0]
    if place.proof is None or place.span is None or not place.verified:
        return found
    there = " ".join(place.span.text.split())
    tried = place.proof.tried.replace("what is computed here", f"`{there}` in line {place.span.line}")
    fact = replace(fact, proof=replace(place.proof, tried=tried), reference=place.reference)
    return [fact, *(one for one in found if one.fix is not None)]
