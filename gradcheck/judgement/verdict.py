"""The verdict: noise is measured, never assumed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from gradcheck.judgement.differences import Array, Difference, State, difference, distance, norm, state

Verdict = Literal["equivalent", "different", "unstable", "vacuous", "inconclusive"]
Side = Literal["reference", "candidate"]

GRAVEST_FIRST: tuple[Verdict, ...] = ("different", "unstable", "inconclusive", "equivalent", "vacuous")
"""On a variable: vacuous is the mildest, since another variable may still show that the sides agree."""

EPSILON = float(np.finfo(np.float32).eps)
"""What rounding a Python constant to float32 costs, whatever precision follows."""

FINEST = float(np.finfo(np.float64).eps)
"""What the replay itself resolves of the whole gradient: below, float64 holds rounding noise of its own."""

NOISE_FACTOR = 32
"""K: a difference counts when it exceeds this many times the measured noise."""

ALL_ROUNDING = 2
"""A whole gradient of at most this many times a sample of its rounding is zero on paper..."""

ALL_ROUNDING_FLOAT64 = 4096
"""...or this many, where the formulation was float64 itself: its replay then rounds as the formulation
does, and also inside an op, of which the sample knows nothing (600 times were seen in a softmax)."""

LOSSY = 2.0**-5
"""A side is lossy when rounding costs it more than this share of the whole gradient..."""

LOSSIER = 1000
"""...and more than this many times what it costs the other side."""

NATIVE_AGREE, NATIVE_DIFFER = 100, 100_000
"""Without float64: relative differences up to the first, in units of the dtype's epsilon, are rounding;
those above the second, or above one half, are real; between them nothing can be said."""


@dataclass(frozen=True)
class Sides:
    """The two gradients of one variable; None where the loss does not depend on it."""

    reference: Array | None
    candidate: Array | None


@dataclass(frozen=True)
class Judgement:
    """What is held of one variable, and the figures it rests on.

    Parameters
    ----------
    verdict
        What is held of this variable alone.
    difference
        How the gradients compare in their own precision.
    relative_float64
        The same as `difference.relative` in float64; None when the replay in float64 was unavailable.
    noise
        What rounding did to the gradients, relative to the larger one; None as above.
    lossy
        The side that loses its precision, if one does.
    """

    verdict: Verdict
    difference: Difference
    relative_float64: float | None = None
    noise: float | None = None
    lossy: Side | None = None


def judge(
    native: Sequence[Sides],
    precise: Sequence[Sides] | None,
    off: Sequence[tuple[float, float]] | None = None,
) -> list[Judgement]:
    """Judge every variable.

    Parameters
    ----------
    native
        The tape's gradients, in the precision of the formulations.
    precise
        The same from the replay in float64, or None when it was unavailable.
    off
        How far the former are from the latter, the reference's first, where that is known already.

    Notes
    -----
    With e the norm of (native - precise) on a side, g the larger float64 gradient of the two, and whole
    that of all variables together::

        noise = max(e_reference, e_candidate, EPSILON * g, FINEST * whole)
        different  if  |precise_reference - precise_candidate| > NOISE_FACTOR * noise

    When rounding costs one side LOSSIER times as much as the other, the noise of the quieter side takes
    the place of the larger one, so that a noisy side cannot excuse a real difference. It is held to be at
    least EPSILON of the whole gradient then: a gradient that is exactly zero has no noise of its own. The
    noisy side holds the same noise in float64 too, FINEST / EPSILON times as large. A gradient that is no
    larger is zero on paper: there is no precision in it that could be lost.

    Without float64 the relative difference in native precision decides, with a grey zone: to it belongs
    what is small beside the whole gradient, for there a variable whose true gradient is zero holds noise.

    An equivalent verdict holds on this batch and at these weights; it is no proof for others.
    """
    # Each pair of arrays is gone through once: for a large network that is most of the work.
    apart = [difference(sides.reference, sides.candidate) for sides in native]
    if precise is None:
        whole = _whole_norm(apart)
        return [_judge_native(*each, whole) for each in zip(native, apart, strict=True)]
    exact = [difference(sides.reference, sides.candidate) for sides in precise]
    whole = _whole_norm(exact)
    if off is None:
        off = [_off(*each) for each in zip(native, precise, strict=True)]
    return [
        _judge_precise(*each, off=known, whole=whole)
        for each, known in zip(zip(native, precise, apart, exact, strict=True), off, strict=True)
    ]


def all_rounding(native: Sequence[Sides], precise: Sequence[Sides], jittered: Sequence[Sides]) -> bool:
    """Return whether the whole gradient of both sides is no more than what rounding makes of zero.

    Parameters
    ----------
    native
        The tape's gradients, as for `judge`.
    precise
        The float64 gradients.
    jittered
        The same with every result off by half a last digit of its own dtype, at random: a sample of the
        noise, also where a side happens to show none.

    Notes
    -----
    On paper such a gradient is zero, as that of probabilities that are added up. Its float64 values differ
    between formulations, and say nothing. Each side is measured by its own noise: a side that loses its
    precision must not excuse the other.
    """
    given = (native, precise, jittered)
    return _is_rounding(*([sides.reference for sides in each] for each in given)) and _is_rounding(
        *([sides.candidate for sides in each] for each in given)
    )


def _is_rounding(
    native: Sequence[Array | None], exact: Sequence[Array | None], jittered: Sequence[Array | None]
) -> bool:
    if any(state(gradient) == "non-finite" for gradient in (*exact, *jittered)):
        return False
    noise = [distance(one, other) for one, other in zip(exact, jittered, strict=True)]
    float64 = all(_epsilon(gradient) <= FINEST for gradient in native if gradient is not None)
    factor = ALL_ROUNDING_FLOAT64 if float64 else ALL_ROUNDING
    whole = math.hypot(*(norm(gradient) for gradient in exact if gradient is not None))
    return whole <= factor * math.hypot(*noise)


def is_invisible(exact: Sequence[Array | None], weights: Sequence[Array], loss: float) -> bool:
    """Return whether a gradient is too small for the last float64 digit of the loss to show it.

    That is: where a step as long as all weights together, and one more, would change the loss by less than
    that. A softmax that is sure by 1e-20 has such a gradient. What an op adds up inside for it is lost
    beside terms of the loss's own size, in one formulation and not in another.
    """
    if any(state(gradient) == "non-finite" for gradient in exact):
        return False
    whole = math.hypot(*(norm(gradient) for gradient in exact if gradient is not None))
    return whole * (1 + math.hypot(*map(norm, weights))) <= FINEST * abs(loss)


def drowned(judgement: Judgement) -> Judgement:
    """Return `judgement` on a gradient that is all rounding: nothing was compared."""
    return replace(judgement, verdict="vacuous", lossy=None)


def undecided(judgement: Judgement) -> Judgement:
    """Return `judgement` without the claim of a difference: for sides that were not comparable."""
    if judgement.verdict in ("different", "unstable"):
        return replace(judgement, verdict="inconclusive")
    return judgement


def overall(verdicts: Sequence[Verdict]) -> Verdict:
    """Return the verdict on a case from those on its variables.

    The gravest of them; a vacuous variable beside an equivalent one proves nothing and hurts nothing.
    Without any variable there is nothing to hold: that is vacuous, never a success.
    """
    return min(verdicts, key=GRAVEST_FIRST.index, default="vacuous")


def _judge_native(sides: Sides, apart: Difference, whole: float) -> Judgement:
    verdict = _plain_verdict(sides, apart)
    if verdict is None:
        unit = max(_epsilon(sides.reference), _epsilon(sides.candidate))
        if apart.relative <= NATIVE_AGREE * unit:
            verdict = "equivalent"
        else:
            real = apart.relative > min(NATIVE_DIFFER * unit, 0.5)
            above_noise = apart.absolute > NATIVE_AGREE * unit * whole
            verdict = "different" if real and above_noise else "inconclusive"
    return Judgement(verdict, apart)


def _judge_precise(
    native: Sides,
    precise: Sides,
    apart: Difference,
    exact: Difference,
    *,
    off: tuple[float, float],
    whole: float,
) -> Judgement:
    if "non-finite" in _states(precise, exact):
        return Judgement(_plain_verdict(precise, exact) or "inconclusive", apart)
    larger = max(exact.reference_norm or 0.0, exact.candidate_norm or 0.0)
    broken = _overflowed(native, apart)
    if broken is not None:
        return Judgement("unstable", apart, exact.relative, None, broken)
    errors: dict[Side, float] = {"reference": off[0], "candidate": off[1]}
    noise = max(*errors.values(), EPSILON * larger, FINEST * whole)
    relative_noise = noise / larger if larger > 0 else 0.0
    if _plain_verdict(native, apart) == "vacuous":
        return Judgement("vacuous", apart, exact.relative, relative_noise)
    noisier = _noisier(errors, whole)
    lossy = None
    if noisier is not None:
        unresolved = errors[noisier] * FINEST / EPSILON
        noise = max(min(errors.values()), EPSILON * whole, unresolved)
        if errors[noisier] > LOSSY * whole and whole > NOISE_FACTOR * unresolved:
            lossy = noisier
    verdict: Verdict = "unstable" if lossy else "equivalent"
    if exact.absolute > NOISE_FACTOR * noise and not (lossy and exact.relative < LOSSY):
        verdict = "different"
    return Judgement(verdict, apart, exact.relative, relative_noise, lossy)


def _states(sides: Sides, apart: Difference) -> tuple[State, State]:
    """Return what both gradients are; most of the time their norms tell."""

    def one(gradient: Array | None, size: float | None) -> State:
        if size is None:
            return "none"
        if not math.isfinite(size):
            return state(gradient)  # a norm may overflow where no element has
        return "finite" if size else "zero"

    return one(sides.reference, apart.reference_norm), one(sides.candidate, apart.candidate_norm)


def _plain_verdict(sides: Sides, apart: Difference) -> Verdict | None:
    """Return the verdict that needs no tolerance: on gradients that are absent, zero or not finite."""
    states = _states(sides, apart)
    if set(states) <= {"none", "zero"}:
        return "vacuous"
    if states == ("non-finite", "non-finite"):
        return "inconclusive" if _same_places(sides) else "different"
    return "different" if "non-finite" in states else None


def _same_places(sides: Sides) -> bool:
    assert sides.reference is not None and sides.candidate is not None
    return np.array_equal(np.isfinite(sides.reference), np.isfinite(sides.candidate))


def _overflowed(native: Sides, apart: Difference) -> Side | None:
    """Return the side that is not finite although its float64 replay is; the candidate when both are."""
    reference, candidate = _states(native, apart)
    if candidate == "non-finite":
        return "candidate"
    return "reference" if reference == "non-finite" else None


def _off(native: Sides, precise: Sides) -> tuple[float, float]:
    return distance(native.reference, precise.reference), distance(native.candidate, precise.candidate)


def _noisier(errors: Mapping[Side, float], whole: float) -> Side | None:
    """Return the side that rounding costs LOSSIER times as much as it costs the other, if one is."""
    reference, candidate = errors["reference"], errors["candidate"]
    least = EPSILON * whole
    if candidate > LOSSIER * max(reference, least):
        return "candidate"
    return "reference" if reference > LOSSIER * max(candidate, least) else None


def _whole_norm(differences: Sequence[Difference]) -> float:
    """Return the norm of the gradient for all variables at once, on the side where it is larger."""

    def side(norms: Iterable[float | None]) -> float:
        return math.hypot(*(size for size in norms if size is not None and math.isfinite(size)))

    return max(side(d.reference_norm for d in differences), side(d.candidate_norm for d in differences))


def _epsilon(gradient: Array | None) -> float:
    return 0.0 if gradient is None else float(np.finfo(gradient.dtype).eps)
