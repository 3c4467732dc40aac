"""The verdict: noise is measured, never assumed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gradcheck.judgement.differences import Array, Difference, difference, norm, state

Verdict = Literal["equivalent", "different", "unstable", "vacuous", "inconclusive"]

EPSILON = float(np.finfo(np.float32).eps)
"""What rounding a Python constant to float32 costs, whatever precision follows."""

NOISE_FACTOR = 32
"""K: a difference counts when it exceeds this many times the measured noise."""

LOSSY = 2.0**-5
"""A side is lossy when rounding costs it more than this share of the whole gradient..."""

LOSSIER = 1000
"""...and this many times as much as it costs the other side."""

NATIVE_AGREE, NATIVE_DIFFER = 100, 100_000
"""Without float64: relative differences up to the first, in units of the dtype's epsilon, are rounding;
those above the second are real; between them nothing can be said."""


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
    lossy: Literal["reference", "candidate"] | None = None


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
    With e the norm of (native - precise) on a side, and g the larger float64 gradient of the two::

        noise = max(e_reference, e_candidate, EPSILON * g)
        different  if  |precise_reference - precise_candidate| > NOISE_FACTOR * noise

    When one side alone is lossy, the noise of the other side takes the place of the larger one, so that
    a broken side cannot excuse a real difference.

    Without float64 the relative difference in native precision decides, with a grey zone.

    An equivalent verdict holds on this batch and at these weights; it is no proof for others.
    """
    if precise is None:
        return [_judge_native(sides) for sides in native]
    whole = _whole_norm(precise)
    return [_judge_precise(n, p, whole) for n, p in zip(native, precise, strict=True)]


def overall(verdicts: Sequence[Verdict]) -> Verdict:
    """Return the verdict on a case from those on its variables.

    The gravest of them; a vacuous variable beside an equivalent one proves nothing and hurts nothing.
    Without any variable there is nothing to hold: that is vacuous, never a success.
    """
    order: tuple[Verdict, ...] = ("different", "unstable", "inconclusive", "equivalent", "vacuous")
    return min(verdicts, key=order.index, default="vacuous")


def _judge_native(sides: Sides) -> Judgement:
    apart = difference(sides.reference, sides.candidate)
    verdict = _plain_verdict(sides)
    if verdict is None:
        unit = max(_epsilon(sides.reference), _epsilon(sides.candidate))
        if apart.relative <= NATIVE_AGREE * unit:
            verdict = "equivalent"
        else:
            verdict = "different" if apart.relative > NATIVE_DIFFER * unit else "inconclusive"
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
    plain = _plain_verdict(native)
    if plain == "vacuous" and larger == 0:
        return Judgement("vacuous", apart, 0.0, 0.0)
    errors = {
        "reference": _error(native.reference, precise.reference),
        "candidate": _error(native.candidate, precise.candidate),
    }
    floor = EPSILON * larger
    noise = max(*errors.values(), floor)
    relative_noise = noise / larger if larger > 0 else 0.0
    lossy = _lossy(errors, whole)
    if lossy is not None:
        other = "candidate" if lossy == "reference" else "reference"
        noise = max(errors[other], floor)
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


def _overflowed(native: Sides) -> Literal["reference", "candidate"] | None:
    """Return the side that is not finite although its float64 replay is; the candidate when both are."""
    if state(native.candidate) == "non-finite":
        return "candidate"
    return "reference" if state(native.reference) == "non-finite" else None


def _error(native: Array | None, precise: Array | None) -> float:
    return difference(native, precise).absolute


def _lossy(errors: Mapping[str, float], whole: float) -> Literal["reference", "candidate"] | None:
    reference, candidate = errors["reference"], errors["candidate"]
    least = EPSILON * whole
    if candidate > LOSSY * whole and candidate > LOSSIER * max(reference, least):
        return "candidate"
    if reference > LOSSY * whole and reference > LOSSIER * max(candidate, least):
        return "reference"
    return None


def _whole_norm(precise: Sequence[Sides]) -> float:
    """Return the norm of the gradient for all variables at once, on the side where it is larger."""

    def side(gradients: list[Array | None]) -> float:
        norms = [norm(g) for g in gradients if g is not None and np.isfinite(g).all()]
        return float(np.hypot.reduce(norms)) if norms else 0.0

    return max(side([s.reference for s in precise]), side([s.candidate for s in precise]))


def _epsilon(gradient: Array | None) -> float:
    return 0.0 if gradient is None else float(np.finfo(gradient.dtype).eps)
