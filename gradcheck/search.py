"""The search for an edit of the candidate that makes its gradients those of the reference."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gradcheck.causes.proposal import Proposal
from gradcheck.edits import Edit
from gradcheck.judgement.differences import Array, difference
from gradcheck.judgement.verdict import NOISE_FACTOR, Sides

Attempt = Callable[[Sequence[Edit]], list[Array | None] | None]
"""Replays the candidate in float64 with edits, and returns its gradients; None where it cannot be run so."""


@dataclass(frozen=True)
class Target:
    """What an edit has to reach: the reference's float64 gradients, each to within `allowed` of its norm."""

    gradients: Sequence[Array | None]
    allowed: Sequence[float]
    attempt: Attempt

    def residual(self, edits: Sequence[Edit]) -> float | None:
        """Return the largest relative difference left by `edits`, or None where they cannot be run."""
        found = self.attempt(edits)
        if found is None:
            return None
        return max(self._apart(Sides(*pair)) for pair in zip(self.gradients, found, strict=True))

    def reached(self, edits: Sequence[Edit]) -> float | None:
        """Return the residual when every variable is within its noise, else None."""
        found = self.attempt(edits)
        if found is None:
            return None
        apart = [self._apart(Sides(*pair)) for pair in zip(self.gradients, found, strict=True)]
        within = all(one <= allowed for one, allowed in zip(apart, self.allowed, strict=True))
        return max(apart) if within else None

    @staticmethod
    def _apart(sides: Sides) -> float:
        return difference(sides.reference, sides.candidate).relative


@dataclass(frozen=True)
class Found:
    """A proposal that was proved, and the relative difference that it leaves."""

    proposal: Proposal
    residual: float


@dataclass(frozen=True)
class Outcome:
    """What a search came to."""

    found: Found | None
    tried: int
    out_of_time: bool


def search(
    proposals: Sequence[Proposal], target: Target, confirm: Callable[[], Target | None], budget: float
) -> Outcome:
    """Try `proposals` in order until one is proved.

    Parameters
    ----------
    target
        On the batch of the case.
    confirm
        Makes the same on a second, fresh batch: an edit that works there too is proved.
    budget
        Seconds after which no further edit is tried.

    Notes
    -----
    A proved edit makes two programs agree on two batches. It does not establish that its author would
    have written it so.
    """
    deadline = time.monotonic() + budget
    second: Target | None = None
    for tried, proposal in enumerate(proposals, start=1):
        residual = target.reached(proposal.edits)
        if residual is not None:
            second = second or confirm()
            if second is None or second.reached(proposal.edits) is not None:
                return Outcome(Found(proposal, residual), tried, out_of_time=False)
        if time.monotonic() > deadline:
            return Outcome(None, tried, out_of_time=True)
    return Outcome(None, len(proposals), out_of_time=False)


def allowance(noise: float) -> float:
    """Return how far an edited gradient may be from the reference's, given the noise of the latter."""
    return NOISE_FACTOR * noise
