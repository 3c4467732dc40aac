"""What an edit of the candidate has to reach, on one batch: the gradients of the reference."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from gradcheck.arrays import Array
from gradcheck.judgement.differences import distance, norm
from gradcheck.program.places import Place
from gradcheck.repair.factors import Quantity
from gradcheck.repair.language import Edit
from gradcheck.repair.line import line_through
from gradcheck.repair.proposal import Proposal


class EditedGradients(Protocol):
    """What the candidate gives with some edits, in float64."""

    @property
    def value(self) -> float:
        """The loss."""

    @property
    def gradients(self) -> list[Array | None]:
        """Its gradients, in the order of the variables."""


class Attempt(Protocol):
    """Replays the candidate in float64 with edits."""

    def __call__(self, edits: Sequence[Edit]) -> EditedGradients | None:
        """Return what comes of them; None where the candidate cannot be run so."""

    def applies(self, edits: Sequence[Edit]) -> bool:
        """Return whether the candidate ran what the edits are about."""


Reached = float | Literal["cannot be run", "differs"]
"""The result of an edit: the largest remaining relative difference if all gradients agree, or why not."""

_SOLVER_STEPS, _NONLINEAR_STEPS = 6, 12
_NEARBY = 1.01
_SAME_VALUE = 1e-12
"""Relative difference of two float64 losses up to which an edit has changed no value."""

_PROMISES, _KEEPS = 0.95, 0.9
"""What may be left of the distance along a curve, by a step's own account, and after it; else no more follow."""


@dataclass(frozen=True)
class Goal:
    """What an edit has to reach on one batch.

    Parameters
    ----------
    gradients
        The reference's, in float64.
    allowed
        How far that of each variable may be off, as a norm.
    unresolved
        How much of that is what float64 itself leaves of a gradient that is zero on paper.
    value
        The reference's loss, in float64, and how far a loss may be from it.
    attempt
        Replays the candidate.
    samples
        n, the length of the sample axis; 1 where that is not known.
    quantities
        What a factor at a place may be.
    ahead
        What has to be reached of what follows all that both sides share, where that takes less: an edit that fails
        there is not tried as a whole.
    provisional
        Whether what is reached ahead is enough. On the case's own batch, `whole` is asked for what is reported.
    sample_counts
        What may be n.
    """

    gradients: Sequence[Array | None]
    allowed: Sequence[float]
    unresolved: Sequence[float]
    value: tuple[float, float]
    attempt: Attempt
    samples: int
    quantities: Callable[[Place], list[Quantity]]
    ahead: Goal | None = None
    provisional: bool = False
    sample_counts: frozenset[int] = frozenset()

    @functools.cached_property
    def _norms(self) -> list[float]:
        return list(map(norm, self.gradients))

    def residual(self, gradients: Sequence[Array | None]) -> float | None:
        """Return the largest relative difference when every variable is within what is allowed, else None.

        A difference that float64 itself may leave is compared with the whole gradient.
        """
        whole, largest = math.hypot(*self._norms), 0.0
        sides = zip(self.gradients, gradients, self.allowed, self.unresolved, self._norms, strict=True)
        for reference, candidate, allowed, unresolved, own in sides:
            apart = distance(reference, candidate)
            if not apart <= allowed:  # neither is a NaN
                return None
            size = whole if apart <= unresolved else own
            largest = max(largest, apart / size if size > 0 else 0.0)
        return largest

    def reached(self, edits: Sequence[Edit]) -> Reached:
        """Try `edits` and return the result."""
        sooner = self._sooner(edits)
        if sooner is not self:
            found = sooner.reached(edits)
            if isinstance(found, str) or self.provisional:
                return found
        return self.whole(edits)

    def whole(self, edits: Sequence[Edit]) -> Reached:
        """Try `edits` on the whole program and return the result."""
        outcome = self.attempt(edits)
        if outcome is None:
            return "cannot be run"
        residual = self.residual(outcome.gradients)
        return "differs" if residual is None else residual

    def has_the_value(self, edits: Sequence[Edit]) -> bool:
        """Return whether with `edits` the loss has the value of the reference's, too."""
        goal = self._sooner(edits)
        outcome = goal.attempt(edits)
        value, allowed = goal.value
        return outcome is not None and abs(outcome.value - value) <= allowed

    def keeps_the_value(self, edits: Sequence[Edit]) -> bool:
        """Return whether `edits` leave the candidate's loss as it is."""
        goal = self._sooner(edits)
        plain, edited = goal.attempt(()), goal.attempt(edits)
        if plain is None or edited is None:
            return False
        return abs(plain.value - edited.value) <= _SAME_VALUE * abs(plain.value)

    def _sooner(self, edits: Sequence[Edit]) -> Goal:
        """Return the goal that takes least to say what comes of some edits."""
        return self.ahead if self.ahead is not None and self.ahead.attempt.applies(edits) else self

    def solved(self, proposal: Proposal) -> tuple[float, float] | None:
        """Return the factor with which `proposal` reaches the target, and the residual; None if none does.

        The gradient is taken to be linear in the factor, as it is for a term of the loss; where it is not,
        a few secant steps follow, as long as they come nearer: much nearer, unless the proposal is `nonlinear`.
        """
        sooner = self._sooner(proposal.edits)
        if sooner is not self:
            return self._confirmed(sooner.solved(proposal), proposal)
        wanted = _parts(self.gradients, self.gradients)
        former, now = self._at(()), self._at(proposal.with_factor(_NEARBY))
        factor_before, factor = 1.0, _NEARBY
        best: tuple[float, float] | None = None
        for step in range(_NONLINEAR_STEPS if proposal.nonlinear else _SOLVER_STEPS):
            if former is None or now is None or wanted is None:
                break
            line = line_through(former, now, factor - factor_before, wanted)
            if not line.square > 0 or not math.isfinite(line.square):
                break
            move, before, away, left = line.move, line.before, line.away, line.left
            if proposal.nonlinear and (left > _PROMISES * away or (step > 1 and away > _KEEPS * before)):
                break
            if not proposal.nonlinear and ((left > 0.3 * away and step > 0) or left > 0.9 * before):
                break
            factor_before, factor, former = factor, factor + move, now
            if not factor > -1e9 or abs(factor - factor_before) < 1e-14 * abs(factor):
                break
            outcome = self.attempt(proposal.with_factor(factor))
            residual = None if outcome is None else self.residual(outcome.gradients)
            if best is not None and (residual is None or residual >= best[1]):
                break
            best = None if residual is None else (factor, residual)
            now = None if outcome is None else _parts(outcome.gradients, self.gradients)
        return best

    def _confirmed(
        self, sooner: tuple[float, float] | None, proposal: Proposal
    ) -> tuple[float, float] | None:
        """Return a factor that was found ahead with the residual that it leaves as a whole."""
        residual = "differs" if sooner is None else self.reached(proposal.with_factor(sooner[0]))
        return None if sooner is None or isinstance(residual, str) else (sooner[0], residual)

    def _at(self, edits: Sequence[Edit]) -> list[Array] | None:
        outcome = self.attempt(edits)
        return None if outcome is None else _parts(outcome.gradients, self.gradients)


def _parts(gradients: Sequence[Array | None], like: Sequence[Array | None]) -> list[Array] | None:
    """Return all gradients as vectors; None counts as zero. None where something is not finite."""
    parts = [
        np.zeros(0 if other is None else other.size) if one is None else one.ravel()
        for one, other in zip(gradients, like, strict=True)
    ]
    if any(
        part.size != (0 if other is None else other.size) for part, other in zip(parts, like, strict=True)
    ):
        return None
    return parts if all(np.isfinite(part).all() for part in parts) else None
