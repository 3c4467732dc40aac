"""What a mode has to work with: the formulation, its exact gradient, and how to make the case anew."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gradcheck.arrays import Array
from gradcheck.cases import Case
from gradcheck.comparison.report import Report
from gradcheck.execution.modes.base import Base, base_of
from gradcheck.execution.modes.slopes import infinite_slope
from gradcheck.execution.modes.subject import Subject, Taken, eagerly, eagerly_once_more
from gradcheck.execution.replay.breakdown import breakdown
from gradcheck.judgement.modes import ROUNDING_UNIT, Comparison, compared, undecided
from gradcheck.judgement.verdict import NATIVE_DIFFER
from gradcheck.program.run import Run
from gradcheck.running.document import ModeVerdict
from gradcheck.running.result import Row
from gradcheck.running.words import how_it_differs, of_breakdown, of_slope

MakeAnew = Callable[[str | None, Any], Case]
"""Makes the case once more, with all that the user's file makes: under a dtype policy, in a strategy's scope."""


class NotApplicableError(Exception):
    """A mode does not apply to this formulation; the message says why."""


class NotRunError(Exception):
    """A mode was not run; the message says why, and how it could be."""


@dataclass(frozen=True)
class Bench:
    """One formulation, ready to be run in every mode.

    Parameters
    ----------
    make
        None where the case cannot be made anew.
    how
        How to run what needs it made anew, where it cannot be here.
    strategy
        The one of this process, where it is one of several workers.
    whole
        How many samples the batch has, where only its first ones are compared; else 0.
    """

    base: Base
    make: MakeAnew | None = None
    how: str = ""
    strategy: Any = None
    whole: int = 0

    @property
    def subject(self) -> Subject:
        """The formulation with its variables and its batch."""
        return self.base.subject

    @property
    def paths(self) -> list[str]:
        """The names of the variables."""
        return list(self.subject.prepared.variables)

    def anew(self, policy: str | None = None, scope: Any = None) -> Callable[[], Case]:
        """Return what makes the case anew; a `NotRunError` where nobody can."""
        if self.make is None:
            raise NotRunError(f"the case has to be made anew for it: {self.how}")
        make = self.make
        return lambda: make(policy, scope)

    def of_first(self, count: int) -> Bench:
        """Return the same with the first `count` samples alone."""
        subject = self.subject
        if count == subject.samples:
            return self
        batch = subject.rows(range(count))
        case = replace(subject.case, batch=batch, samples=subject.prepared.sample_axis().names(batch))
        return replace(self, base=base_of(case, subject.seed), whole=self.whole or subject.samples)

    def compared(
        self,
        gradients: Sequence[Array | None],
        *,
        precision: str | None = None,
        exact: Sequence[Array | None] | None = None,
        further: Sequence[float] | None = None,
    ) -> Comparison:
        """Compare gradients with the exact ones.

        Parameters
        ----------
        precision
            That of the mode; by default the formulation's own.
        exact
            What to compare with instead.
        further
            For each variable, noise beyond that of the formulation.
        """
        precision = precision or self.base.precision
        noise = self.base.noise(precision)
        if further is not None:
            noise = [max(pair) for pair in zip(noise, further, strict=True)]
        unit = ROUNDING_UNIT[precision]
        found = compared(gradients, self.base.exact if exact is None else exact, noise, unit)
        known = self.base.float64.gradients is not None
        return found if known else undecided(found, min(NATIVE_DIFFER * 2 * unit, 0.5))

    @functools.cached_property
    def asked(self) -> dict[str, Report | None]:
        """What `diff` said of modes that were written as formulations, by what they are called."""
        return {}

    @functools.cached_property
    def told(self) -> dict[str, str]:
        """What was found out of the formulation that holds for several modes, by what it is about."""
        return {}

    @functools.cached_property
    def drifts(self) -> bool:
        """Whether it gives another gradient when it is run again, although all that is known of is put back."""
        return self._is_another(eagerly(self.subject))

    @functools.cached_property
    def moves(self) -> bool:
        """Whether the formulation assigns to what its gradient depends on: run again, it gives another one."""
        return self._is_another(eagerly_once_more(self.subject))

    def _is_another(self, again: Taken) -> bool:
        return self.compared(again.gradients, exact=self.base.run.gradients).verdict == "different"

    def row_of_a_run_on(self, mode: str, found: Comparison, note: str = "") -> Row:
        """Return the row for a mode that runs on from the state of a run before, or sees what a step changes."""
        if found.verdict == "different" and self.moves:
            return self.row(mode, found, _MOVES, "information")
        return self.row(mode, found, note)

    def row(self, mode: str, found: Comparison, note: str = "", verdict: ModeVerdict | None = None) -> Row:
        """Return the row for a comparison.

        Parameters
        ----------
        note
            What to say of it; of a difference by default how large it is.
        verdict
            What is to be made of it, by default what the comparison says.
        """
        said: ModeVerdict = verdict or found.verdict
        if not math.isfinite(found.exact_size) and mode != "eager":
            said, note = "no_verdict", "the gradient is not finite to begin with"
        elif found.verdict == "different" and self.base.unsteady:
            said, note = "no_verdict", "it draws random numbers that cannot be made the same in every mode"
        elif found.verdict == "different" and mode != "eager" and self.drifts:
            said, note = "no_verdict", _DRIFTS
        return Row(
            mode=mode,
            verdict=said,
            norm=found.size,
            difference=found.relative,
            noise=found.relative_noise,
            cosine=found.cosine,
            note="; ".join(filter(None, [note or self._note(said, found), self._of_fewer])),
        )

    def _note(self, verdict: ModeVerdict, found: Comparison) -> str:
        if verdict == "different":
            return how_it_differs(found, self.paths) if found.finite else self.not_finite
        if verdict == "no_verdict" and found.exact_size == 0:
            return "the gradient is exactly zero: nothing is proved"
        if verdict == "no_verdict":
            unknown = self.base.float64.reason
            if unknown:
                return f"it cannot be told from rounding: {unknown}"
            return f"rounding may take a large part of the gradient: {self._by_rounding}"
        return ""

    @property
    def _of_fewer(self) -> str:
        return f"on the first {self.subject.samples} of the {self.whole} samples" if self.whole else ""

    @property
    def _by_rounding(self) -> str:
        if self.base.precision in ("float16", "bfloat16"):
            return f"the formulation computes in {self.base.precision}"
        return "a tie, or a loss that is ill-conditioned"

    @property
    def not_finite(self) -> str:
        """What is said of a gradient that is not finite, where the one op by op is."""
        op = infinite_slope(self.base.run)
        return "not finite" if op is None else f"not finite: {of_slope(op)}"

    def broken_down(self, found: Comparison, run: Run) -> str:
        """Return how the gradient of a run differs, and at which expression its numbers break down."""
        where = breakdown(run)
        return how_it_differs(found, self.paths) + (f": {of_breakdown(where)}" if where else "")

    def held(self, mode: str, taken: Taken) -> Row:
        """Return the row for a gradient in the formulation's own precision."""
        return self.row(mode, self.compared(taken.gradients))


_DRIFTS = (
    "run a second time from the same weights, it has another gradient; for example, it changes a Python value, "
    "which cannot be restored"
)

_MOVES = (
    "the formulation assigns to its weights or its state as it runs: it has another gradient when it runs again, "
    "and a step changes the weights by more than the gradient"
)
