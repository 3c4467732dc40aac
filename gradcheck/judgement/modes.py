"""Whether a gradient that was taken in another way is the exact one, up to rounding. Uses only NumPy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from gradcheck.arrays import Array
from gradcheck.judgement.allowed_difference import FINEST, NEGLIGIBLE, NOISE_FACTOR, UNDECIDED
from gradcheck.judgement.differences import distance, norm

ROUNDING_UNIT = {
    "float64": 2.0**-53,
    "float32": 2.0**-24,
    "tf32": 2.0**-11,
    "float16": 2.0**-11,
    "bfloat16": 2.0**-8,
}
"""How far one rounding takes a number at most, relative to it."""

COARSE = 2.0**-16
"""A unit above this has so few digits that a tenth of the gradient is soon lost in rounding..."""

UNDECIDED_IF_COARSE = 0.5
"""...so there half of it may be, before agreement proves nothing."""

NEAR_IF_COARSE = 0.1
"""Nor is agreement in doubt there that is nearer than this: nothing larger can be hidden in the noise."""

Agreement = Literal["same", "different", "no_verdict"]


@dataclass(frozen=True)
class Comparison:
    """How a gradient compares with the exact one, over all variables.

    Parameters
    ----------
    size, exact_size
        Their Euclidean norms.
    apart
        The norm of their difference.
    noise
        How much of the difference is what rounding alone may take.
    cosine
        Between the two; None where one is zero.
    scale
        The number by which the exact gradient is nearest to the other; None where it is zero.
    finite
        Whether the other one is finite.
    variable
        The number of the variable that differs most, relative to what is allowed for it; None where none does.
    """

    verdict: Agreement
    size: float
    exact_size: float
    apart: float
    noise: float
    cosine: float | None
    scale: float | None
    finite: bool
    variable: int | None = None

    @property
    def relative(self) -> float:
        """The difference relative to the larger gradient."""
        larger = max(self.size, self.exact_size)
        if not math.isfinite(self.apart):
            return self.apart
        return self.apart / larger if larger > 0 else 0.0

    @property
    def relative_noise(self) -> float:
        """The noise relative to the exact gradient."""
        return self.noise / self.exact_size if self.exact_size > 0 else 0.0

    @property
    def is_multiple(self) -> bool:
        """Whether it is the exact gradient times a number that is not one."""
        straight = self.cosine is not None and abs(self.cosine) > _STRAIGHT
        return straight and self.scale is not None and abs(self.scale - 1) > _OFF


_STRAIGHT = 1 - 1e-4
"""Two gradients are in one direction where the cosine of their angle is at least this..."""

_OFF = 1e-3
"""...and one is a multiple of the other where they differ in length by more than this."""


def compared(
    taken: Sequence[Array | None],
    exact: Sequence[Array | None],
    noise: Sequence[float],
    unit: float,
) -> Comparison:
    """Compare a gradient with the exact one, variable by variable and as a whole. None counts as zero.

    Parameters
    ----------
    noise
        For each variable how far rounding takes its gradient, as a Euclidean norm.
    unit
        The rounding of the precision in which it was taken, see `ROUNDING_UNIT`.

    Notes
    -----
    That it is the same holds for this batch and these weights. What is smaller than the noise is not seen.
    """
    apart = [distance(one, other) for one, other in zip(exact, taken, strict=True)]
    sizes, others = [norm(one) for one in exact], [norm(one) for one in taken]
    size = math.hypot(*sizes)
    allowed = max(unit * size, math.hypot(*noise))
    product = sum(_dot(one, other) for one, other in zip(exact, taken, strict=True))
    figures = _Figures(sizes, others, apart, noise, unit, size, allowed)
    finite = all(map(math.isfinite, others))
    other = math.hypot(*others)
    comparable = finite and math.isfinite(size)
    verdict, variable = figures.verdict() if comparable else ("different", None)
    return Comparison(
        verdict=verdict,
        size=other,
        exact_size=size,
        apart=math.hypot(*apart),
        noise=allowed,
        cosine=product / size / other if comparable and size > 0 and other > 0 else None,
        scale=product / size / size if comparable and size > 0 else None,
        finite=finite,
        variable=variable,
    )


@dataclass(frozen=True)
class _Figures:
    """The norms per variable: of the exact gradients, of the others, of their differences, and of the noise."""

    sizes: Sequence[float]
    others: Sequence[float]
    apart: Sequence[float]
    noise: Sequence[float]
    unit: float
    size: float
    allowed: float

    def verdict(self) -> tuple[Agreement, int | None]:
        whole = math.hypot(*self.apart)
        worst = self._worst()
        if whole > NOISE_FACTOR * self.allowed or worst is not None:
            return "different", worst
        if self.size == 0:
            return "no_verdict", None
        undecided = UNDECIDED_IF_COARSE if self.unit > COARSE else UNDECIDED
        agrees = whole <= max(NOISE_FACTOR * self.unit, self._near) * self.size
        hidden = NOISE_FACTOR * self.allowed > undecided * self.size
        return ("no_verdict" if hidden and not agrees else "same"), None

    @property
    def _near(self) -> float:
        """The share of the gradient within which it agrees, however noisy it is: few digits promise no more."""
        return NEAR_IF_COARSE if self.unit > COARSE else 0.0

    def _worst(self) -> int | None:
        """Return the variable that differs most beyond what is allowed for it; None where none does."""
        excess = [self._excess(number) for number in range(len(self.sizes))]
        worst = int(np.argmax(excess)) if excess else 0
        return worst if excess and excess[worst] > 1 else None

    def _excess(self, number: int) -> float:
        size, noise = self.sizes[number], max(self.noise[number], FINEST * self.size)
        least = NEGLIGIBLE * self.size if self.unit > COARSE else 0.0
        is_rounding = size <= NOISE_FACTOR * noise  # zero on paper, as far as this precision can tell
        if is_rounding or size <= least:
            return 0.0
        return self.apart[number] / (NOISE_FACTOR * max(self.unit * size, noise))


def _dot(one: Array | None, other: Array | None) -> float:
    if one is None or other is None:
        return 0.0
    wide = np.complex128 if one.dtype.kind == "c" else np.float64
    return float(np.vdot(one.astype(wide), other.astype(wide)).real)


def undecided(found: Comparison, most: float) -> Comparison:
    """Return `found` without a difference of at most that share, where the noise was not measured."""
    may_be_noise = found.verdict == "different" and found.finite and found.relative <= most
    return replace(found, verdict="no_verdict") if may_be_noise else found


def largest(samples: Sequence[Sequence[float]]) -> list[float]:
    """Return for each variable the largest of what `samples` measured; what is not finite measured nothing.

    Infinite where no sample did: then nothing is known.
    """
    return [
        max((one for one in each if math.isfinite(one)), default=math.inf)
        for each in zip(*samples, strict=True)
    ]


def combined(parts: Sequence[Sequence[Array | None]], shares: Sequence[float]) -> list[Array | None]:
    """Return the sum of the gradients in `parts`, each times its share. None counts as zero, unless all are."""
    return [_sum(column, shares) for column in zip(*parts, strict=True)]


def _sum(column: Sequence[Array | None], shares: Sequence[float]) -> Array | None:
    there = [
        share * array.astype(np.result_type(array.dtype, np.float64))
        for array, share in zip(column, shares, strict=True)
        if array is not None
    ]
    return np.sum(there, axis=0) if there else None


def sizes_of(parts: Sequence[Sequence[Array | None]], shares: Sequence[float]) -> list[float]:
    """Return for each variable how large its gradients in `parts` are together: what rounding them leaves open."""
    return [
        sum(abs(share) * norm(array) for array, share in zip(column, shares, strict=True))
        for column in zip(*parts, strict=True)
    ]


def lost_elements(unscaled: Sequence[Array | None], scaled: Sequence[Array | None]) -> float:
    """Return which share of the elements is zero as it is, and not so with a loss scale."""
    pairs = [(u, s) for u, s in zip(unscaled, scaled, strict=True) if u is not None and s is not None]
    alive = sum(int(np.count_nonzero(s)) for _, s in pairs)
    lost = sum(int(np.count_nonzero((u == 0) & (s != 0))) for u, s in pairs)
    return lost / alive if alive else 0.0
