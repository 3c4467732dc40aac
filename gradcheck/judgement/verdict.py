"""The verdict: noise is measured, never assumed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from gradcheck.judgement.differences import Array, Difference, difference, distance, norm, state

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

    `relative_float64` and `noise` (relative to the larger gradient, like `difference.relative`) are None
    when the replay in float64 was unavailable. `lossy` is the side that loses its precision.
    """

    verdict: Verdict
    difference: Difference
    relative_float64: float | None = None
    noise: float | None = None
    lossy: Side | None = None


def judge(native: Sequence[Sides], precise: Sequence[Sides] | None) -> list[Judgement]:
    """Judge every variable.

    Parameters
    ----------
    native
        The tape's gradients, in the precision of the formulations.
    precise
        The same from the replay in float64, or None when it was unavailable.

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
    whole = _whole_norm(native if precise is None else precise)
    if precise is None:
        return [_judge_native(sides, whole) for sides in native]
    return [_judge_precise(n, p, whole) for n, p in zip(native, precise, strict=True)]


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


def _judge_native(sides: Sides, whole: float) -> Judgement:
    apart = difference(sides.reference, sides.candidate)
    verdict = _plain_verdict(sides)
    if verdict is None:
        unit = max(_epsilon(sides.reference), _epsilon(sides.candidate))
        if apart.relative <= NATIVE_AGREE * unit:
            verdict = "equivalent"
        else:
            real = apart.relative > min(NATIVE_DIFFER * unit, 0.5)
            above_noise = apart.absolute > NATIVE_AGREE * unit * whole
            verdict = "different" if real and above_noise else "inconclusive"
    return Judgement(verdict, apart)


def _judge_precise(native: Sides, precise: Sides, whole: float) -> Judgement:
    apart = difference(native.reference, native.candidate)
    if "non-finite" in (state(precise.reference), state(precise.candidate)):
        return Judgement(_plain_verdict(precise) or "inconclusive", apart)
    exact = difference(precise.reference, precise.candidate)
    larger = max(exact.reference_norm or 0.0, exact.candidate_norm or 0.0)
    broken = _overflowed(native)
    if broken is not None:
        return Judgement("unstable", apart, exact.relative, None, broken)
    errors: dict[Side, float] = {
        "reference": _error(native.reference, precise.reference),
        "candidate": _error(native.candidate, precise.candidate),
    }
    noise = max(*errors.values(), EPSILON * larger, FINEST * whole)
    relative_noise = noise / larger if larger > 0 else 0.0
    if _plain_verdict(native) == "vacuous":
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


def _plain_verdict(sides: Sides) -> Verdict | None:
    """Return the verdict that needs no tolerance: on gradients that are absent, zero or not finite."""
    states = state(sides.reference), state(sides.candidate)
    if set(states) <= {"none", "zero"}:
        return "vacuous"
    if states == ("non-finite", "non-finite"):
        return "inconclusive" if _same_places(sides) else "different"
    return "different" if "non-finite" in states else None


def _same_places(sides: Sides) -> bool:
    assert sides.reference is not None and sides.candidate is not None
    return np.array_equal(np.isfinite(sides.reference), np.isfinite(sides.candidate))


def _overflowed(native: Sides) -> Side | None:
    """Return the side that is not finite although its float64 replay is; the candidate when both are."""
    if state(native.candidate) == "non-finite":
        return "candidate"
    return "reference" if state(native.reference) == "non-finite" else None


def _error(native: Array | None, precise: Array | None) -> float:
    return distance(native, precise)


def _noisier(errors: Mapping[Side, float], whole: float) -> Side | None:
    """Return the side that rounding costs LOSSIER times as much as it costs the other, if one is."""
    reference, candidate = errors["reference"], errors["candidate"]
    least = EPSILON * whole
    if candidate > LOSSIER * max(reference, least):
        return "candidate"
    return "reference" if reference > LOSSIER * max(candidate, least) else None


def _whole_norm(precise: Sequence[Sides]) -> float:
    """Return the norm of the gradient for all variables at once, on the side where it is larger."""

    def side(gradients: list[Array | None]) -> float:
        norms = [norm(g) for g in gradients if g is not None and np.isfinite(g).all()]
        return float(np.hypot.reduce(norms)) if norms else 0.0

    return max(side([s.reference for s in precise]), side([s.candidate for s in precise]))


def _epsilon(gradient: Array | None) -> float:
    return 0.0 if gradient is None else float(np.finfo(gradient.dtype).eps)
