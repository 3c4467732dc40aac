"""Where numbers break down: repaired by what the reference computes there, or by a change of the source.

Numbers that are not finite, or lose their precision as they run, are mostly right in float64: what repairs them is
judged as it runs then.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from gradcheck.comparison.altered import LONGEST, WORK, Region, altered
from gradcheck.comparison.comparing import Comparison
from gradcheck.comparison.goals import Goals
from gradcheck.comparison.locating import OtherPair
from gradcheck.comparison.repairs import residual_with
from gradcheck.comparison.wording_of_places import span_at, text_of
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.explanation.callers import own_site
from gradcheck.explanation.exchange import Hit
from gradcheck.explanation.groups import Group, Groups
from gradcheck.explanation.substitutes import sources
from gradcheck.explanation.transplant import Transplant
from gradcheck.findings import Finding, Fix, Proof
from gradcheck.judgement.differences import distance
from gradcheck.program.recording import Breakdown, Op
from gradcheck.program.run import Run
from gradcheck.program.splice import Splice
from gradcheck.repair.goal import Goal
from gradcheck.source import Span, span_of

MOST = 12
"""How many quantities of the reference are put in place at most: each takes a replay of both sides."""

_NEARLY = 1e-2
"""Relative difference up to which a quantity may be meant to be the reference's: a bound or an ε may keep this one
off a pole."""


def repaired_breakdown(
    found: Finding, down: Breakdown, pair: FormulationPair, comparison: Comparison, goals: Goals
) -> list[Finding]:
    """Return where the numbers break down, if they do not with the reference's quantity there, or another text."""
    exact = not down.finite_in_float64
    sides = pair.runs[1].recording, pair.runs[0].recording
    for hit in itertools.islice(_hits(down.op, comparison), MOST):
        own, theirs = own_site(hit.candidate.op, *sides), own_site(hit.reference.op, *reversed(sides))
        alike = hit.candidate.op.site == hit.reference.op.site
        left = None if alike else comparison.residual([hit], float64=exact)
        tried = f"the reference's {text_of(theirs)} in place of {text_of(own)}"
        proof, other = on_two_batches(tried, left, functools.partial(_left_again, hit, exact), goals)
        if proof is not None and other is not None:
            proved = replace(found, severity="error", proof=proof, reference=span_at(theirs))
            batches = _judged((pair, goals.own), (other.pair, other.target), exact=exact)
            texts = itertools.chain.from_iterable(comparison.transplants(hit, own, theirs))
            return _with_a_fix(proved, texts, batches, exact=exact)
    return _altered(found, down, pair, comparison, goals)


def _altered(
    found: Finding, down: Breakdown, pair: FormulationPair, comparison: Comparison, goals: Goals
) -> list[Finding]:
    """Return where the numbers break down with the shortest change there with which they do not."""
    own = own_site(down.op, pair.runs[1].recording, pair.runs[0].recording)
    region = Region(comparison.alignment, frozenset({own}), blamed=(own,))
    for other in itertools.islice(goals.every(), 1):
        exact = not down.finite_in_float64
        batches = _judged((pair, goals.own), (other.pair, other.target), exact=exact)
        texts = altered(batches, region, LONGEST, goals.work.part(WORK))
        samples = goals.own.samples, other.target.samples
        proof = Proof(tried="", residual=0.0, samples=samples, second=other.second)
        return _with_a_fix(replace(found, proof=proof), texts, batches, exact=exact)
    return []


def _judged(*batches: tuple[FormulationPair, Goal], exact: bool) -> list[tuple[FormulationPair, Goal]]:
    """Return batches with what is allowed where gradients are judged as they run: as much as the reference is."""
    if exact:
        return list(batches)
    return [(pair, replace(goal, allowed=_as_it_runs(pair.runs[0], goal))) for pair, goal in batches]


def _as_it_runs(reference: Run, goal: Goal) -> list[float]:
    sides = zip(goal.allowed, reference.gradients, goal.gradients, strict=True)
    return [max(allowed, _AS_NOISY * distance(ran, exact)) for allowed, ran, exact in sides]


_AS_NOISY = 4
"""How many times the rounding of the reference a repair may leave: it may round at other places."""


def _with_a_fix(
    proved: Finding,
    texts: Iterable[Transplant],
    batches: Sequence[tuple[FormulationPair, Goal]],
    *,
    exact: bool,
) -> list[Finding]:
    """Return a finding with the first of some texts that repairs it where it is, or around; else as it is."""
    for text in itertools.islice(texts, _MOST_TEXTS):
        span = span_of(text.site)
        residual = residual_with(batches, text, float64=exact) if _is_around(span, proved.span) else None
        if residual is not None and proved.proof is not None:
            proof = replace(proved.proof, tried=f"`{text.text}`", residual=residual)
            return [replace(proved, span=span, proof=proof, fix=Fix(text=text.text))]
    return [proved] if proved.proof is not None and proved.proof.tried else []


_MOST_TEXTS = 8


def _is_around(span: Span, inner: Span | None) -> bool:
    """Return whether one expression has another one in it."""
    if inner is None or span.file != inner.file:
        return False
    begins = (span.line, span.column) <= (inner.line, inner.column)
    return begins and (inner.end_line, inner.end_column) <= (span.end_line, span.end_column)


def on_two_batches(
    tried: str, left: float | None, left_there: Callable[[Comparison], float | None], goals: Goals
) -> tuple[Proof, OtherPair] | tuple[None, None]:
    """Return the proof with a second batch, and that batch; None where it fails on one of the case's own size."""
    for other in goals.every() if left is not None else ():
        there = Comparison(other.pair, other.target, goals.work)
        left_over = left_there(there) if there.is_comparable else None
        if left is not None and left_over is not None:
            samples = goals.own.samples, other.target.samples
            residual = max(left, left_over)
            return Proof(tried=tried, residual=residual, samples=samples, second=other.second), other
        if other.target.samples == goals.own.samples:
            return None, None
    return None, None


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
