"""What float16 loses without a loss scale: a power of two is exact, so what differs with one is underflow."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.arrays import Array
from gradcheck.execution.modes.policies import scaled, with_the_largest_scale
from gradcheck.execution.modes.subject import Subject
from gradcheck.execution.replay import breakdown
from gradcheck.judgement.differences import state
from gradcheck.judgement.modes import Comparison, compared, lost_elements
from gradcheck.program.run import Run
from gradcheck.running.bench import Bench
from gradcheck.running.words import at, how_it_differs, share, underflow

_VISIBLE = 0.05 / 32
"""Underflow is a difference where it takes a twentieth of a gradient: what is flushed is the least there is."""

_POWERS = (4, 8, 12, 15)
"""Powers of two that are tried as a loss scale, the smallest first."""


def against_scaled(run: Run, with_scale: Sequence[Array | None]) -> Comparison:
    """Compare a run without a loss scale with the gradients that one gives."""
    return compared(run.gradients, with_scale, [0.0] * len(with_scale), _VISIBLE)


def underflow_of(bench: Bench, subject: Subject, run: Run) -> tuple[Comparison, str] | None:
    """Return how a run in float16 compares with itself under a loss scale, and what it loses; None if nothing."""
    with_scale, power = with_the_largest_scale(subject)
    if any(state(one) == "non-finite" for one in with_scale):
        overflowed = bench.compared(run.gradients, precision="float16")
        return overflowed, bench.broken_down(overflowed, run)
    found = against_scaled(run, with_scale)
    if found.verdict != "different":
        return None
    if not found.finite:
        return found, bench.broken_down(found, run)
    enough = _enough(subject, with_scale, power)
    return found, f"{_lost(bench, found, run, with_scale)}; they survive a loss scale of 2**{enough}"


def _enough(subject: Subject, with_scale: Sequence[Array | None], power: int) -> int:
    """Return the smallest power that was tried with which nothing is lost that can be seen."""
    for smaller in _POWERS:
        if smaller >= power:
            break
        with_less = compared(scaled(subject, smaller), with_scale, [0.0] * len(with_scale), _VISIBLE)
        if with_less.verdict != "different":
            return smaller
    return power


def _lost(bench: Bench, found: Comparison, run: Run, with_scale: Sequence[Array | None]) -> str:
    lost = lost_elements(run.gradients, with_scale)
    where = breakdown.underflow(run)
    if where is not None and lost <= _MANY:
        return underflow(where)
    if lost > _MANY:
        place = at(where.op.span) if where else ""
        return f"{share(lost)} of the elements underflow{f', from {place} on' if place else ''}"
    return f"{how_it_differs(found, bench.paths)}: elements underflow on the way"


_MANY = 0.02
"""Where fewer elements of the gradient itself are lost, they are lost on the way to it."""
