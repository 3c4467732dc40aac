"""What goes wrong on the way back alone: proved by the whole gradients, as no value shows it.

A gradient that is not finite, that loses its precision, or that is written by hand changes no value that could be
compared. But where the reference's quantity stands in place of the candidate's, the gradient goes on into the
reference; and a replay differentiates the ops of a call whose gradient is written by hand.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from gradcheck.comparison.comparing import Comparison
from gradcheck.comparison.goals import Goals
from gradcheck.comparison.wording_of_places import span_at, text_of
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.explanation.exchange import Hit
from gradcheck.explanation.groups import Group, Groups
from gradcheck.explanation.substitutes import sources
from gradcheck.findings import Finding, Proof
from gradcheck.program.recording import Breakdown, Op
from gradcheck.program.splice import Splice
from gradcheck.source import span_of

MOST = 12
"""How many quantities of the reference are put in place at most: each takes a replay of both sides."""

_NEARLY = 1e-2
"""Relative difference up to which a quantity may be meant to be the reference's: a bound or an ε may keep this one
off a pole."""


def proved_on_the_way_back(
    pair: FormulationPair, seen: Sequence[Finding], breakdowns: Mapping[str, Breakdown], goals: Goals
) -> list[Finding]:
    """Return what was seen; with the proof, where the gradients are right with something else there.

    Notes
    -----
    That a second batch, too, has the right gradients does not establish that they were wrong there. Nor does it
    that nothing else is at fault that only what was replaced is made of.
    """
    by_hand = [
        one for one in seen if one.span in {span_of(site) for site in pair.runs[1].recording.custom_gradients}
    ]
    down = breakdowns.get("candidate")
    broken = [
        one
        for one in seen
        if down is not None and one.cause == "numerics" and one.span is not None and one.span == down.op.span
    ]
    comparison = Comparison(pair, goals.own, goals.work) if by_hand or broken else None
    if comparison is None or not comparison.is_comparable:
        return list(seen)
    proved = _by_hand(by_hand, comparison, goals)
    if not proved and broken and down is not None:
        proved = _broken(broken[0], down, comparison, goals)
    return [*proved, *(one for one in seen if one.span not in {some.span for some in proved})]


def _by_hand(found: Sequence[Finding], comparison: Comparison, goals: Goals) -> list[Finding]:
    """Return the calls whose gradient is written by hand, where all is right with the derivative of their ops.

    A replay knows no other. Of several it cannot be told which are wrong: nothing is proved of one of them.
    """
    places = [one.span.place for one in found if one.span is not None]

    def left_there(there: Comparison) -> float | None:
        return there.residual([])

    left = comparison.residual([]) if found else None
    tried = "the derivative of the ops in it in place of the gradient that is written by hand"
    proof = _proof(tried, left, left_there, goals)
    if proof is None:
        return []
    if len(set(places)) > 1:
        said = (
            f"with the derivative of the ops in place of all {len(set(places))} of these, the gradients agree"
        )
        return [replace(one, notes=(*one.notes, said)) for one in found]
    return [replace(one, severity="error", proof=proof) for one in found]


def _broken(found: Finding, down: Breakdown, comparison: Comparison, goals: Goals) -> list[Finding]:
    """Return where the numbers break down, if they do not with the reference's quantity in place."""
    exact = not down.finite_in_float64
    for hit in itertools.islice(_hits(down.op, comparison), MOST):
        left = comparison.residual([hit], float64=exact)
        own, theirs = hit.candidate.op.site, hit.reference.op.site
        tried = f"the reference's {text_of(theirs)} in place of {text_of(own)}"
        proof = _proof(tried, left, functools.partial(_left_again, hit, exact), goals)
        if proof is not None:
            return [replace(found, proof=proof, reference=span_at(theirs))]
    return []


def _proof(
    tried: str, left: float | None, left_there: Callable[[Comparison], float | None], goals: Goals
) -> Proof | None:
    """Return the proof with a second batch; None where it fails on one. On another size, that may be why."""
    for other in goals.every() if left is not None else ():
        there = Comparison(other.pair, other.target, goals.work)
        left_over = left_there(there) if there.is_comparable else None
        if left is not None and left_over is not None:
            samples = goals.own.samples, other.target.samples
            return Proof(tried=tried, residual=max(left, left_over), samples=samples, second=other.second)
        if other.target.samples == goals.own.samples:
            return None
    return None


def _left_again(hit: Hit, exact: bool, there: Comparison) -> float | None:
    own = there.alignment.candidate.find(hit.candidate.key)
    theirs = there.alignment.reference.find(hit.reference.key)
    if own is None or theirs is None:
        return None
    again = (Hit(own, theirs, Splice(own.spot, source)) for source in sources(own, theirs))
    left = (there.residual([one], float64=exact) for one in again)
    return next((one for one in left if one is not None), None)


def _hits(op: Op, comparison: Comparison) -> Iterator[Hit]:
    """Yield what may be put in place of what the reference nearly has, there or further on, in order."""
    alignment = comparison.alignment
    for group in _from(op, alignment.candidate):
        alike = ((_apart(group, other), other) for other in alignment.reference.whole)
        near = sorted((one for one in alike if one[0] <= _NEARLY), key=lambda one: one[0])
        for _, other in near:
            source = next(sources(group, other), None)
            if source is not None:
                yield Hit(group, other, Splice(group.spot, source))


def _from(op: Op, candidate: Groups) -> list[Group]:
    """Return the quantities that an op gives, and what is made of these, in order: not the loss."""
    given = [candidate.of[number] for number in op.outputs if number in candidate.of]
    after = {number for group in given for number in (*group.numbers, *candidate.after(group))}
    known = sorted(after - {candidate.recording.loss})
    groups = {candidate.of[number].key: candidate.of[number] for number in known if number in candidate.of}
    return sorted(groups.values(), key=lambda group: group.op.index)


def _apart(group: Group, other: Group) -> float:
    """Return how far two quantities are apart, as far as they are finite."""
    if group.size != other.size:
        return np.inf
    own, others = group.value.ravel(), other.value.ravel()
    finite = np.isfinite(own) & np.isfinite(others)
    size = np.abs(others[finite]).max(initial=0.0)
    return float(np.abs(own[finite] - others[finite]).max() / size) if size else np.inf
