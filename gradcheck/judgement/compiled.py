"""Whether a compiled formulation agrees with its eager run up to rounding. Uses only NumPy."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gradcheck.arrays import Array
from gradcheck.judgement.allowed_difference import EPSILON, NOISE_FACTOR, UNDECIDED
from gradcheck.judgement.differences import distance, norm
from gradcheck.judgement.verdict import NATIVE_AGREE, NATIVE_DIFFER

Agreement = Literal["same", "different", "not finite", "unclear"]
"""How two runs compare. ``not finite``: one is NaN or infinite where the other is not. ``unclear``: they are no
farther apart than rounding can take them, but that is a large part of the gradient."""


@dataclass(frozen=True)
class LossAndGradients:
    """What one run of a formulation gave: its loss, and a gradient per variable."""

    value: float
    gradients: Sequence[Array | None]


@dataclass(frozen=True)
class Rounding:
    """How far rounding took samples of an outcome from what is exact: the loss, and each gradient."""

    value: float
    gradients: Sequence[float]


def rounding(exact: LossAndGradients, samples: Sequence[LossAndGradients]) -> Rounding:
    """Return how far the farthest of `samples` lies from `exact`."""
    apart = [[_apart(*pair)[0] for pair in _pairs(exact, sample)] for sample in samples]
    value, *gradients = (max(each) for each in zip(*apart, strict=True))
    return Rounding(value, gradients)


def agreement(
    eager: LossAndGradients, compiled: LossAndGradients, measure: Callable[[], Rounding | None]
) -> Agreement:
    """Compare a compiled run with the eager one.

    Parameters
    ----------
    measure
        Returns the rounding of the formulation, or None if not available; called only if the runs
        are farther apart than NOISE_FACTOR times EPSILON. A fixed tolerance decides then, with a grey zone.

    Notes
    -----
    A compiler fuses ops and adds up in another order, so that the same bits are not to be expected. An
    agreement holds for this batch and these weights.
    """
    pairs = list(_pairs(eager, compiled))
    if not all(_finite_alike(*pair) for pair in pairs):
        return "not finite"
    apart, sizes = zip(*(_apart(*pair) for pair in pairs), strict=True)
    if _within(apart, [NOISE_FACTOR * EPSILON * size for size in sizes]):
        return "same"
    measured = measure()
    if measured is None:
        return _by_tolerance(pairs, apart, sizes)
    noise = (measured.value, *measured.gradients)
    allowed = [NOISE_FACTOR * max(one, EPSILON * size) for one, size in zip(noise, sizes, strict=True)]
    if not _within(apart, allowed):
        return "different"
    return "unclear" if math.hypot(*allowed[1:]) > UNDECIDED * math.hypot(*sizes[1:]) else "same"


def _by_tolerance(
    pairs: Sequence[tuple[Array, Array]], apart: Sequence[float], sizes: Sequence[float]
) -> Agreement:
    units = [max(float(np.finfo(array.dtype).eps) for array in pair) for pair in pairs[1:]]
    units = [max(units, default=EPSILON), *units]  # the loss is kept in float64, whatever it was
    scales = [unit * size for unit, size in zip(units, sizes, strict=True)]
    if _within(apart, [NATIVE_AGREE * scale for scale in scales]):
        return "same"
    most = [min(NATIVE_DIFFER * scale, size / 2) for scale, size in zip(scales, sizes, strict=True)]
    return "unclear" if _within(apart, most) else "different"


def _within(apart: Sequence[float], allowed: Sequence[float]) -> bool:
    return all(one <= most for one, most in zip(apart, allowed, strict=True))


def _pairs(one: LossAndGradients, other: LossAndGradients) -> Iterator[tuple[Array, Array]]:
    """Yield the losses and the gradients of both; None counts as zero."""
    yield np.asarray(one.value), np.asarray(other.value)
    for pair in zip(one.gradients, other.gradients, strict=True):
        present = next((gradient for gradient in pair if gradient is not None), np.zeros(()))
        first, second = (np.zeros_like(present) if gradient is None else gradient for gradient in pair)
        yield first, second


def _finite_alike(one: Array, other: Array) -> bool:
    return np.array_equal(np.isfinite(one), np.isfinite(other))


def _apart(one: Array, other: Array) -> tuple[float, float]:
    """Return the norm of the difference, and of the larger, over the elements that are finite in both."""
    finite = np.isfinite(one) & np.isfinite(other)
    if not finite.all():
        one, other = np.where(finite, one, 0), np.where(finite, other, 0)
    return distance(one, other), max(norm(one), norm(other))
