"""Where numbers break down: repaired by what the reference computes there, or by a change of the source.

Numbers that are not finite, or lose their precision as they run, are mostly right in float64: what repairs them
has to be right there, and as precise as the reference as it runs.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import numpy as np

from gradcheck.arrays import largest
from gradcheck.comparison.altered import WORK, altered
from gradcheck.comparison.comparing import Comparison
from gradcheck.comparison.goals import Goals
from gradcheck.comparison.likely import LONGEST, Region
from gradcheck.comparison.repairs import proof_of
from gradcheck.comparison.wording_of_places import span_at, text_of
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.explanation.callers import own_site
from gradcheck.explanation.exchange import Hit
from gradcheck.explanation.group import Group
from gradcheck.explanation.groups import Groups
from gradcheck.explanation.substitutes import sources
from gradcheck.explanation.transplant import Transplant
from gradcheck.findings import Finding, Fix, Proof
from gradcheck.program.recording import Breakdown, Op
from gradcheck.program.splice import Splice
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
        proof = on_two_batches(tried, left, functools.partial(_left_again, hit, exact), goals)
        if proof is not None:
            proved = replace(found, severity="error", proof=proof, reference=span_at(theirs))
            texts = itertools.chain.from_iterable(comparison.transplants(hit, own, theirs))
            return [_with_a_fix(proved, texts, pair, goals) or proved]
    changed = _with_a_fix(found, _changes(down, pair, comparison, goals), pair, goals)
    return [] if changed is None else [changed]


def _changes(
    down: Breakdown, pair: FormulationPair, comparison: Comparison, goals: Goals
) -> Iterator[Transplant]:
    """Yield small changes of the statement at which the numbers break down, the shortest first."""
    own = own_site(down.op, pair.runs[1].recording, pair.runs[0].recording)
    region = Region(comparison.alignment, frozenset({own}), blamed=(own,))
    for other in itertools.islice(goals.second(), 1):
        batches = (pair, goals.own), (other.pair, other.target)
        yield from altered(batches, region, LONGEST, goals.work.part(WORK))


def _with_a_fix(
    found: Finding, texts: Iterable[Transplant], pair: FormulationPair, goals: Goals
) -> Finding | None:
    """Return a finding with the first of some texts that repairs it where it is, or around; None if none does."""
    for text in itertools.islice(texts, _MOST_TEXTS):
        span = span_of(text.site)
        alone = _is_around(span, found.span) and not text.also
        proved = proof_of(text, pair, goals, "both") if alone else None
        if proved is not None:
            proof, note = proved
            notes = (*found.notes, *filter(None, [note]))
            return replace(
                found, severity="error", span=span, proof=proof, fix=Fix(text=text.text), notes=notes
            )
    return None


_MOST_TEXTS = 8


def _is_around(span: Span, inner: Span | None) -> bool:
    """Return whether one expression has another one in it."""
    if inner is None or span.file != inner.file:
        return False
    begins = (span.line, span.column) <= (inner.line, inner.column)
    return begins and (inner.end_line, inner.end_column) <= (span.end_line, span.end_column)


def on_two_batches(
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
    size = largest(others[finite])
    return float(np.abs(own[finite] - others[finite]).max() / size) if size else np.inf
