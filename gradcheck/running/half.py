"""Half precision, as Keras's mixed policies compute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gradcheck.arrays import Array
from gradcheck.execution.modes import policies
from gradcheck.execution.modes.base import coarsest, recorded, rounding_noise
from gradcheck.execution.modes.policies import made_alike, scaled, with_the_largest_scale
from gradcheck.execution.modes.subject import Subject
from gradcheck.execution.replay.breakdown import breakdown
from gradcheck.judgement.differences import norm
from gradcheck.judgement.modes import Comparison, compared, lost_elements
from gradcheck.program.run import Run
from gradcheck.running.bench import Bench, NotApplicableError
from gradcheck.running.result import Row
from gradcheck.running.words import how_it_differs, of_breakdown

_VISIBLE = 0.05 / 32
"""Underflow is a difference where it takes a twentieth of a gradient: what is flushed is the least there is."""

_POWERS = (4, 8, 12, 15)
"""Powers of two that are tried as a loss scale, the smallest first."""

_SURVIVING = 0.01
"""Elements survive a loss scale where fewer than this share of them are lost with it."""


@dataclass(frozen=True)
class Half:
    """In half precision; float16 with the loss scale that a dynamic one comes down to."""

    name: str

    def row(self, bench: Bench) -> Row:
        """Make the case under the policy, and compare by the rounding of that precision."""
        subject, run = _in_half(bench, self.name)
        gradients: Sequence[Array | None] = run.gradients
        power = 0
        if self.name == "float16":
            gradients, power = with_the_largest_scale(subject)
        found = bench.compared(gradients, precision=self.name, further=rounding_noise(run, self.name))
        if found.verdict == "different":
            return bench.row(self.name, found, _why(bench, found, run))
        return bench.row(
            self.name, found, f"with a loss scale of 2**{power}" if power and found.verdict == "same" else ""
        )


@dataclass(frozen=True)
class Unscaled:
    """float16 without a loss scale."""

    name: str

    def row(self, bench: Bench) -> Row:
        """Compare with the same under a loss scale: a power of two is exact, so what differs is underflow."""
        subject, run = _in_half(bench, "float16")
        with_scale, power = with_the_largest_scale(subject)
        found = compared(run.gradients, with_scale, [0.0] * len(with_scale), _VISIBLE)
        lost = lost_elements(run.gradients, with_scale)
        if found.verdict != "different":
            note = f"{lost:.2g} of the elements underflow" if lost else ""
            return bench.row(self.name, found, note if found.verdict == "same" else "")
        if not found.finite:
            return bench.row(self.name, found, _why(bench, found, run))
        enough = next(
            (p for p in _POWERS if p < power and lost_elements(scaled(subject, p), with_scale) < _SURVIVING),
            power,
        )
        part = "" if found.variable is None or len(bench.paths) < 2 else _part(bench, found, run)
        said = f"{lost:.0%} of the elements underflow{part}; they survive a loss scale of 2**{enough}"
        return bench.row(self.name, found, said)


def _part(bench: Bench, found: Comparison, run: Run) -> str:
    assert found.variable is not None
    gradient = run.gradients[found.variable]
    zero = gradient is None or norm(gradient) == 0
    return f", {'all' if zero else 'most'} of {bench.paths[found.variable]}"


def _in_half(bench: Bench, precision: str) -> tuple[Subject, Run]:
    if bench.base.precision == precision:  # whoever wrote it has chosen the precision
        return bench.subject, bench.base.run
    name = f"mixed_{precision}"
    subject = made_alike(bench.anew(policy=name), bench.subject)
    with policies.policy(name):
        run = recorded(subject)
    if coarsest(run.recording) != precision:
        raise NotApplicableError(
            f"the policy {name} changes nothing: no layer of Keras's computes as it says"
        )
    return subject, run


def _why(bench: Bench, found: Comparison, run: Run) -> str:
    where = breakdown(run)
    return how_it_differs(found, bench.paths) + (f": {of_breakdown(where)}" if where else "")
