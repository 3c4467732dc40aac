"""Where the float64 gradients of one side decide: both sides agree as they ran, and that side is not noisy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from gradcheck.judgement.allowed_difference import EPSILON, FAINT, FINEST, NOISE_FACTOR, Side, is_rounding
from gradcheck.judgement.differences import Difference
from gradcheck.judgement.verdict import Judgement, Sides, VariableVerdict

CLOSE = 8
"""How many of float32's last digits of the whole gradient one that is zero on paper may hold, and how many times
the rounding of the side that was replayed."""

QUIET = 100
"""A side is not noisy up to so many last digits of its gradient. It is also what may differ without any replay."""


@dataclass(frozen=True)
class _Figures:
    """Euclidean norms over the elements of one variable.

    Parameters
    ----------
    exact
        The float64 gradient of the side that was replayed.
    error
        How far that side, as it ran, is from it.
    other
        The gradient of the other side, as it ran.
    apart
        How far both are apart, as they ran.
    """

    exact: float
    error: float
    other: float
    apart: float

    @property
    def is_finite(self) -> bool:
        return all(map(math.isfinite, (self.exact, self.error, self.other, self.apart)))

    def verdict(self, whole: float) -> VariableVerdict | None:
        """Return the verdict on the variable; None if it takes the other side's replay as well."""
        agree = self.apart <= NOISE_FACTOR * EPSILON * self.exact
        if agree and self.error <= QUIET * EPSILON * self.exact:
            return "rounding" if is_rounding(self.exact, self.error, whole) else "equivalent"
        least = max(self.error, FINEST * whole)
        small = max(self.error, self.other) <= CLOSE * EPSILON * whole
        if is_rounding(self.exact, self.error, whole) and small and self.other <= CLOSE * least:
            return "rounding"
        return None


def agree_as_they_ran(apart: Sequence[Difference]) -> bool:
    """Return whether gradients are so close as they ran that one replay may decide; else it does not."""
    sizes = [max(one.reference_norm or 0.0, one.candidate_norm or 0.0) for one in apart]
    whole = math.hypot(*sizes)
    return math.isfinite(whole) and all(one.absolute <= 2 * NOISE_FACTOR * EPSILON * whole for one in apart)


def judged_by_one(
    native: Sequence[Sides],
    apart: Sequence[Difference],
    exact: Sequence[float],
    errors: Sequence[float],
    *,
    replayed: Side,
    loss: float,
) -> list[Judgement] | None:
    """Judge every variable by the float64 gradients of one side, where those of the other decide nothing.

    Parameters
    ----------
    native
        The tape's gradients, in the precision of the formulations.
    apart
        How these compare.
    exact
        The norm of the float64 gradient of the side that was `replayed`, for each variable.
    errors
        How far that side, as it ran, is from it.
    loss
        The loss of that side.

    Returns
    -------
    None where the other side has to be replayed too: the gradients as they ran are not the same to a few last
    digits; the side that was replayed is noisy; or the gradient of the other is exactly zero, which underflow
    may have made of it, or too small for the last float64 digit of its loss.

    Notes
    -----
    Of the side that was not replayed it is established that it gave the exact gradient of the other one, up to
    a few last digits of float32. That its own exact gradient is another one, which rounding turned into this one,
    is not excluded.
    """
    whole = math.hypot(*exact)
    if not math.isfinite(whole) or (any(exact) and whole <= FAINT * abs(loss)):
        return None
    verdicts = [
        _verdict(*each, whole=whole, replayed=replayed)
        for each in zip(native, apart, exact, errors, strict=True)
    ]
    judgements = [
        Judgement(verdict, one, noise=_noise(size, error, whole))
        for verdict, one, size, error in zip(verdicts, apart, exact, errors, strict=True)
        if verdict is not None
    ]
    return judgements if len(judgements) == len(verdicts) else None


def _verdict(
    sides: Sides, apart: Difference, exact: float, error: float, *, whole: float, replayed: Side
) -> VariableVerdict | None:
    if sides.reference is None or sides.candidate is None:
        return "vacuous" if sides.reference is sides.candidate else None
    other = apart.candidate_norm if replayed == "reference" else apart.reference_norm
    figures = _Figures(exact=exact, error=error, other=other or 0.0, apart=apart.absolute)
    return figures.verdict(whole) if figures.is_finite and other else None


def _noise(exact: float, error: float, whole: float) -> float:
    """Return what rounding accounts for on the side that was replayed, relative to its gradient."""
    return max(EPSILON * exact, FINEST * whole, error) / exact if exact else 0.0
