"""The rule: the allowed difference for one variable, from measured figures."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Side = Literal["reference", "candidate"]
Lossy = Literal["reference", "candidate", "both"]

EPSILON = float(np.finfo(np.float32).eps)
"""What rounding a Python constant to float32 costs, whatever precision follows."""

FINEST = float(np.finfo(np.float64).eps)
"""What the replay itself resolves of the whole gradient: below, float64 holds rounding noise of its own."""

NOISE_FACTOR = 32
"""K: a difference counts when it exceeds this many times what is allowed."""

SAMPLED = 128
"""A sample of the float64 rounding knows nothing of what an op rounds inside: K times this is 4096, where 600
were seen in a softmax."""

UNDECIDED = 0.1
"""Where K times the allowed noise exceeds this share of a gradient, its agreement proves nothing."""

LOSSY = 2.0**-5
"""A side is lossy when rounding costs it more than this share of the whole gradient..."""

LOSSIER = 1000
"""...and more than this many times what it costs the other side, or what rounding the inputs costs."""

LOST = 0.9
"""A side loses the gradient for a variable when rounding costs it this share of that, whatever the other does. A
softmax that is sure loses half of it: of 1 - p and p - 1 the one is rounded away."""

VANISHING = float(np.finfo(np.float32).smallest_normal) / EPSILON
"""A gradient below this has no digits to lose: float32 itself has none left for numbers so small."""

LOUD = 8
"""Noise of more than so many times what is allowed in any case is looked into before it is believed..."""

FAR = 100
"""...unless the difference is so many times what it might excuse: then it does not matter how much it is."""

NEGLIGIBLE = 1e-3
"""A gradient below this share of the whole does not hold up a verdict that it cannot decide."""


FAINT = math.sqrt(FINEST)
"""A gradient that shows in less than this share of the loss may be the rounding of larger terms."""


def is_rounding(size: float, error: float, whole: float) -> bool:
    """Return whether one side's float64 gradient for a variable is zero on paper, as far as float64 can tell.

    Parameters
    ----------
    size, whole
        The norm of that gradient, and of the one for all variables together.
    error
        How far the side, as it ran, is from it.
    """
    return size <= NOISE_FACTOR * max(FINEST * whole, error * FINEST / EPSILON)


@dataclass(frozen=True)
class Probes:
    """Further replays, which are run where a verdict hangs on them only.

    Parameters
    ----------
    sensitivity
        Returns how far the float64 gradient for each variable moves when what goes into the loss (weights,
        data, constants) is moved by one float32 rounding, on the side where it moves more.
    constants
        Returns the same where only the constants are moved: what both sides are given alike is not rounded
        by either.
    resolution
        Returns how far each moves when every op rounds to float64 at random, likewise.
    half
        Whether a side computes in half precision, which underflows below 6e-8.
    visible
        How much of the loss a step as long as its weights would change, see `visible_share`.
    """

    sensitivity: Callable[[], Sequence[float]]
    constants: Callable[[], Sequence[float]]
    resolution: Callable[[], Sequence[float]]
    half: bool = False
    visible: float = math.inf


@dataclass(frozen=True)
class Figures:
    """What was measured of the gradients for one variable. All are Euclidean norms over its elements.

    Parameters
    ----------
    size
        The larger of both float64 gradients.
    apart
        The difference of both.
    errors
        How far each side, as it ran, is from its own float64 gradient; the reference first.
    whole
        The float64 gradient for all variables together, on the side where that is larger.
    sensitivity
        See `Probes`; infinite while it was not measured.
    constants, resolution
        See `Probes`; zero while they were not measured.
    """

    size: float
    apart: float
    errors: tuple[float, float]
    whole: float
    sensitivity: float = math.inf
    constants: float = 0.0
    resolution: float = 0.0

    @property
    def is_finite(self) -> bool:
        """Whether the rule applies at all."""
        return all(map(math.isfinite, (self.size, self.apart, *self.errors)))

    @property
    def unresolved(self) -> float:
        """What the float64 gradients leave open: they hold the rounding of float64 themselves."""
        return max(FINEST * self.whole, max(self.errors) * FINEST / EPSILON, SAMPLED * self.resolution)

    @property
    def floor(self) -> float:
        """What is allowed in any case: constants are rounded to float32 before either side runs."""
        return max(EPSILON * self.size, self.unresolved)

    @property
    def noise(self) -> float:
        """How much rounding changes the gradient as it runs, on the side where that is more."""
        return max(self.floor, *self.errors)

    @property
    def allowed(self) -> float:
        """The smaller of noise and sensitivity: a noisy formulation must not hide a real difference.

        Where one side alone is noisy, the other one's noise counts: as at least EPSILON of the whole, since a
        gradient that is exactly zero has no noise of its own, and as what rounding the constants makes of it.
        """
        allowed = min(self.noise, self.sensitivity)
        if self.noisier is not None:
            allowed = min(allowed, max(min(self.errors), EPSILON * self.whole, self.constants))
        return max(self.floor, allowed)

    @property
    def is_rounding(self) -> bool:
        """Whether the gradient is zero on paper, as far as float64 can tell."""
        return self.size <= NOISE_FACTOR * self.unresolved

    @property
    def agrees(self) -> bool:
        """Whether the float64 gradients agree, regardless of the float32 ones."""
        return self.apart <= NOISE_FACTOR * self.floor

    @property
    def differs(self) -> bool:
        """Whether the difference exceeds what is allowed."""
        return self.apart > NOISE_FACTOR * self.allowed

    @property
    def is_undecided(self) -> bool:
        """Whether the allowed difference is large enough to hide a mistake."""
        return not self.agrees and not self.differs and NOISE_FACTOR * self.allowed > UNDECIDED * self.size

    @property
    def noisier(self) -> Side | None:
        """The side that rounding costs LOSSIER times as much as it costs the other, if one is."""
        reference, candidate = self.errors
        least = EPSILON * self.whole
        if candidate > LOSSIER * max(reference, least):
            return "candidate"
        return "reference" if reference > LOSSIER * max(candidate, least) else None

    @property
    def lossy(self) -> Lossy | None:
        """The side that loses its precision as it runs, if one does.

        Either it loses much of the whole gradient, and far more than the other side. Or it loses most of the
        gradient for this variable, and far more than rounding the inputs would cost: near convergence, where
        any formulation in float32 is left with rounding, nobody is to blame.
        """
        noisier = self.noisier
        if noisier is not None and max(self.errors) > LOSSY * self.whole:
            return noisier
        least = max(LOST * self.size, LOSSIER * max(self.sensitivity, EPSILON * self.size))
        lost = [error > least for error in self.errors]
        if not self.can_be_lost or not any(lost):
            return None
        return "both" if all(lost) else "reference" if lost[0] else "candidate"

    @property
    def can_be_lost(self) -> bool:
        """Whether the gradient is large enough for its loss to matter, relative to the whole and to float32."""
        return self.size > max(EPSILON * self.whole, VANISHING)

    @property
    def wants_resolution(self) -> bool:
        """Whether the gradient may be zero on paper for all that is known yet."""
        if self.is_rounding or not self.size:
            return False
        ran_in_float64 = max(self.errors) <= NOISE_FACTOR * FINEST * self.size
        return max(self.errors) >= LOST * self.size or (ran_in_float64 and not self.agrees)

    @property
    def wants_sensitivity(self) -> bool:
        """Whether noise may excuse a difference, or the gradient is lost in it."""
        if self.is_rounding:
            return False
        lost = self.can_be_lost and max(self.errors) >= LOST * self.size
        most = NOISE_FACTOR * self.noise
        excused = self.apart <= (FAR * most if self.noise > LOUD * self.floor else most)
        return lost or (excused and not self.agrees)

    @property
    def wants_constants(self) -> bool:
        """Whether it hangs on the quieter side that the gradients differ."""
        excused = self.apart <= NOISE_FACTOR * min(self.noise, self.sensitivity)
        return excused and not self.is_rounding and self.noisier is not None and self.differs
