"""What goes wrong on the way back alone: proved by the whole gradients, as no value shows it.

A gradient that is not finite, that loses its precision, or that is written by hand changes no value that could be
compared. But where the reference's quantity stands in place of the candidate's, the gradient goes on into the
reference; if all gradients are right then, what was replaced is at fault.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gradcheck.comparison.comparing import Comparison
from gradcheck.comparison.goals import Goals
from gradcheck.comparison.locating import OtherPair
from gradcheck.comparison.wording_of_places import span_at, text_of
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.explanation.groups import Group, Groups
from gradcheck.explanation.interchange import Hit
from gradcheck.explanation.substitutes import sources
from gradcheck.findings import Finding, Proof
from gradcheck.program.recording import Breakdown, Op, Recording
from gradcheck.program.splice import Splice
from gradcheck.source import Span, span_of

MOST = 12
"""How many quantities of the reference are put in place at most: each takes a replay of both sides."""

_NEARLY = 1e-2
"""Relative difference up to which a quantity may be meant to be the reference's: a bound or an ε may keep this one
off a pole."""


@dataclass(frozen=True)
class Suspect:
    """What was seen to go wrong on the way back.

    Parameters
    ----------
    finding
        What was said of it.
    ops
        The ops of the candidate there.
    float64
        Whether it goes wrong in float64, too.
    by_hand
        Whether it is a call whose gradient is written by hand.
    """

    finding: Finding
    ops: tuple[Op, ...]
    float64: bool = True
    by_hand: bool = False


def proved_on_the_way_back(
    pair: FormulationPair, seen: Sequence[Finding], breakdowns: Mapping[str, Breakdown], goals: Goals
) -> list[Finding]:
    """Return what was seen; with the proof, where the reference's quantity there makes all gradients right.

    Notes
    -----
    That a second batch, too, has the right gradients does not establish that they were wrong there. Nor does it
    that nothing else is at fault that only this quantity is made of.
    """
    proved: list[Finding] = []
    suspects = list(_suspects(pair.runs[1].recording, seen, breakdowns))
    if suspects:
        comparison = Comparison(pair, goals.own, goals.work)
        found = ((one, _proof(one, comparison, goals)) for one in suspects if comparison.is_comparable)
        proved = [replace(one.finding, proof=proof[0], reference=proof[1]) for one, proof in found if proof]
    return [*proved, *(one for one in seen if one.span not in {some.span for some in proved})]


def _suspects(
    recording: Recording, seen: Sequence[Finding], breakdowns: Mapping[str, Breakdown]
) -> Iterator[Suspect]:
    """Yield where the numbers break down, and the calls whose gradient is written by hand."""
    known = {one.span: one for one in seen}
    down = breakdowns.get("candidate")
    if down is not None and down.op.span in known:
        yield Suspect(known[down.op.span], (down.op,), float64=not down.finite_in_float64)
    for site in dict.fromkeys(recording.custom_gradients):
        ops = tuple(op for op in recording.ops if site == op.site or site in op.callers)
        if ops and span_of(site) in known:
            yield Suspect(known[span_of(site)], ops, by_hand=True)


def _proof(suspect: Suspect, comparison: Comparison, goals: Goals) -> tuple[Proof, Span | None] | None:
    for hit in itertools.islice(_hits(suspect, comparison), MOST):
        left = comparison.residual([hit], float64=suspect.float64)
        if left is None:
            continue
        for other in goals.every():
            there = _left_there(hit, other, suspect, goals)
            if there is None:
                break
            own, theirs = hit.candidate.op.site, hit.reference.op.site
            tried = f"the reference's {text_of(theirs)} in place of {text_of(own)}"
            samples = goals.own.samples, other.target.samples
            proof = Proof(tried=tried, residual=max(left, there), samples=samples, second=other.second)
            return proof, span_at(theirs)
    return None


def _left_there(hit: Hit, other: OtherPair, suspect: Suspect, goals: Goals) -> float | None:
    there = Comparison(other.pair, other.target, goals.work)
    if not there.is_comparable:
        return None
    own = there.alignment.candidate.find(hit.candidate.key)
    theirs = there.alignment.reference.find(hit.reference.key)
    if own is None or theirs is None:
        return None
    again = (Hit(own, theirs, Splice(own.spot, source)) for source in sources(own, theirs))
    left = (there.residual([one], float64=suspect.float64) for one in again)
    return next((one for one in left if one is not None), None)


def _hits(suspect: Suspect, comparison: Comparison) -> Iterator[Hit]:
    """Yield what may be put in place of what the reference nearly has, there or further on, in order.

    Of a call whose gradient is written by hand, only what that gives can be at fault.
    """
    alignment = comparison.alignment
    for group in _from(suspect.ops, alignment.candidate):
        alike = [(_apart(group, other), other) for other in alignment.reference.whole]
        near = sorted((one for one in alike if one[0] <= _NEARLY), key=lambda one: one[0])
        for _, other in near:
            source = next(sources(group, other), None)
            if source is not None:
                yield Hit(group, other, Splice(group.spot, source))
        if suspect.by_hand:
            return


def _from(ops: Sequence[Op], candidate: Groups) -> list[Group]:
    """Return the quantities that some ops give to others, and what is made of these, in order: not the loss."""
    inside = {op.index for op in ops}
    recording = candidate.recording
    given = {
        number
        for op in ops
        for number in op.outputs
        if any(reader.index not in inside for reader in recording.consumers.get(number, ()))
    }
    first = [candidate.of[number] for number in given if number in candidate.of]
    after = {number for group in first for number in candidate.after(group)}
    known = (given | after) - {recording.loss}
    groups = {candidate.of[number].key: candidate.of[number] for number in known if number in candidate.of}
    return sorted(groups.values(), key=lambda group: group.op.index)


def _apart(group: Group, other: Group) -> float:
    """Return how far two quantities are apart, as far as they are finite."""
    if group.size != other.size:
        return np.inf
    own, others = group.value.ravel(), other.value.ravel()
    finite = np.isfinite(own) & np.isfinite(others)
    size = np.abs(others[finite]).max(initial=0.0)
    return float(np.abs((own - others)[finite]).max() / size) if size else np.inf
