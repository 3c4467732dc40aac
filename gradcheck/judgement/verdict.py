"""The verdict: noise is measured, never assumed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from gradcheck.arrays import Array
from gradcheck.judgement.allowed_difference import (
    FAINT,
    FINEST,
    LOSSY,
    NEGLIGIBLE,
    Figures,
    Lossy,
    Probes,
    Side,
)
from gradcheck.judgement.differences import Difference, State, difference, distance, norm, state

Verdict = Literal["equivalent", "consistent", "different", "unstable", "vacuous", "inconclusive"]
VariableVerdict = Verdict | Literal["rounding"]

GRAVEST_FIRST: tuple[Verdict, ...] = (
    "different",
    "unstable",
    "inconclusive",
    "equivalent",
    "consistent",
    "vacuous",
)
"""For a variable, vacuous is the least severe, because another variable may still show that the sides agree."""

NATIVE_AGREE, NATIVE_DIFFER = 100, 100_000
"""Without float64: relative differences up to the first, in units of the dtype's epsilon, are rounding; those
above the second, or above one half, are real; those in between are inconclusive."""


@dataclass(frozen=True)
class Sides:
    """The two gradients of one variable; None if the loss does not depend on it."""

    reference: Array | None
    candidate: Array | None


@dataclass(frozen=True)
class Judgement:
    """The verdict on one variable, and the figures it is based on.

    Parameters
    ----------
    verdict
        The verdict on this variable alone; ``rounding`` if its gradient is zero up to rounding, or too small a
        part of the whole to be distinguished from rounding.
    difference
        How the gradients compare in their own precision.
    relative_float64
        The same as `difference.relative` in float64; None if no float64 replay is available, or that of one side
        was enough.
    noise
        How much rounding can account for, relative to the larger gradient: a difference counts if it exceeds
        NOISE_FACTOR times this. None if no float64 replay is available; of one side, if that was enough.
    lost
        How much rounding changed the gradients as they ran, on the same scale; None if not both were replayed.
    lossy
        The side that loses precision, if one does, or both.
    """

    verdict: VariableVerdict
    difference: Difference
    relative_float64: float | None = None
    noise: float | None = None
    lost: float | None = None
    lossy: Lossy | None = None


def judge(
    native: Sequence[Sides],
    float64: Sequence[Sides] | None,
    off: Sequence[tuple[float, float]] | None = None,
    probes: Probes | None = None,
    *,
    apart: Sequence[Difference] | None = None,
) -> list[Judgement]:
    """Judge every variable.

    Parameters
    ----------
    native
        The tape's gradients, in the precision of the formulations.
    float64
        The same from the float64 replay, or None if it is not available.
    off
        The distance between the two, the reference's first, if it is already known.
    probes
        Further replays, made only if a verdict depends on them. Without them, only the noise counts.
    apart
        How the tape's gradients compare, if that is already known.

    Notes
    -----
    With e the norm of (native - precise) on a side, g the larger float64 gradient of the two, and whole
    that of all variables together::

        noise = max(e_reference, e_candidate)
        allowed = max(EPSILON * g, FINEST * whole, min(noise, sensitivity))
        different  if  |precise_reference - precise_candidate| > NOISE_FACTOR * allowed

    The float64 gradients contain rounding of their own: at least FINEST / EPSILON of the rounding of float32 is
    allowed for it. A gradient no larger than NOISE_FACTOR times that is mathematically zero.

    Without float64 the relative difference in native precision decides, with a grey zone: to it belongs
    what is small beside the whole gradient, for there a variable whose true gradient is zero holds noise.

    An equivalent verdict holds on this batch with these weights; it proves nothing about others.
    """
    # Each pair of arrays is gone through once: for a large network that is most of the work.
    apart = apart or [difference(sides.reference, sides.candidate) for sides in native]
    if float64 is None:
        whole = _whole_norm(apart)
        return [_judge_native(*each, whole) for each in zip(native, apart, strict=True)]
    exact = [difference(sides.reference, sides.candidate) for sides in float64]
    if off is None:
        off = [_off(*each) for each in zip(native, float64, strict=True)]
    figures = _probed(_figures(exact, off), probes)
    half = probes is not None and probes.half
    judgements = [
        _judge_float64(*each, half=half) for each in zip(native, float64, apart, exact, figures, strict=True)
    ]
    if (
        probes is not None
        and probes.visible <= FINEST
        and overall([j.verdict for j in judgements]) == "different"
    ):
        return [replace(judgement, verdict="rounding", lossy=None) for judgement in judgements]
    return judgements


def _figures(exact: Sequence[Difference], off: Sequence[tuple[float, float]]) -> list[Figures]:
    whole = _whole_norm(exact)
    return [
        Figures(
            size=max(one.reference_norm or 0.0, one.candidate_norm or 0.0),
            apart=one.absolute,
            errors=errors,
            whole=whole,
        )
        for one, errors in zip(exact, off, strict=True)
    ]


def _probed(figures: list[Figures], probes: Probes | None) -> list[Figures]:
    """Return `figures` with what further replays tell, as far as anything hangs on it."""
    if probes is None:
        return figures
    if any(one.is_finite and (probes.visible <= FAINT or one.wants_resolution) for one in figures):
        found = _known(probes.resolution(), 0.0)
        figures = [replace(one, resolution=f) for one, f in zip(figures, found, strict=True)]
    if any(one.is_finite and one.wants_sensitivity for one in figures):
        found = _known(probes.sensitivity(), math.inf)
        figures = [replace(one, sensitivity=f) for one, f in zip(figures, found, strict=True)]
    if any(one.is_finite and one.wants_constants for one in figures):
        found = _known(probes.constants(), math.inf)
        figures = [replace(one, constants=f) for one, f in zip(figures, found, strict=True)]
    return figures


def _known(measured: Sequence[float], otherwise: float) -> list[float]:
    """Return what was measured; a replay that was not finite measured nothing."""
    return [otherwise if math.isnan(one) else one for one in measured]


def visible_share(exact: Sequence[Array | None], weights: Sequence[Array], loss: float) -> float:
    """Return which share of the loss a step would change that is as long as all weights together, and one more.

    Below `FINEST`, the last float64 digit of the loss does not show the gradient; a softmax that is sure by 1e-20
    has such a one. What an op adds up inside for it is lost beside terms of the loss's own size, in one
    formulation and not in another.
    """
    if any(state(gradient) == "non-finite" for gradient in exact):
        return math.inf
    whole = math.hypot(*(norm(gradient) for gradient in exact if gradient is not None))
    change = whole * (1 + math.hypot(*map(norm, weights)))
    return change / abs(loss) if loss else math.inf


def undecided(judgement: Judgement) -> Judgement:
    """Return `judgement` without what it claims of both gradients: for sides that were not comparable."""
    if judgement.verdict in ("different", "unstable", "equivalent"):
        return replace(judgement, verdict="inconclusive")
    return judgement


def overall(verdicts: Sequence[VariableVerdict]) -> Verdict:
    """Return the verdict on a case from those on its variables.

    The gravest of them; a variable that is vacuous, or holds rounding alone, proves nothing beside an
    equivalent one, and hurts nothing. Without any variable there is nothing to hold: that is vacuous, never
    a success.
    """
    counted = [verdict for verdict in verdicts if verdict != "rounding"]
    return min(counted, key=GRAVEST_FIRST.index, default="vacuous")


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


def _judge_float64(
    native: Sides, float64: Sides, apart: Difference, exact: Difference, figures: Figures, *, half: bool
) -> Judgement:
    if "non-finite" in states_of(float64, exact):
        return Judgement(_plain_verdict(float64, exact) or "inconclusive", apart)
    broken = _overflowed(native, apart)
    if broken is not None:
        return Judgement("unstable", apart, exact.relative, lossy=broken)
    idle = _plain_verdict(native, apart) == "vacuous"
    verdict = _idle_verdict(figures, half=half) if idle else _verdict(figures, exact.relative)
    return Judgement(
        verdict,
        apart,
        exact.relative,
        noise=_share(figures.allowed, figures.size),
        lost=_share(max(figures.errors), figures.size),
        lossy=figures.lossy if verdict == "unstable" else None,
    )


def _verdict(figures: Figures, relative: float) -> VariableVerdict:
    """Return the verdict on finite gradients; `relative` is the relative difference in float64."""
    if figures.is_rounding:
        return "rounding"
    if figures.differs and not (figures.lossy and relative < LOSSY):
        return "different"
    if figures.lossy:
        return "unstable"
    if figures.is_undecided:
        return "rounding" if figures.size <= NEGLIGIBLE * figures.whole else "inconclusive"
    return "equivalent"


def _idle_verdict(figures: Figures, *, half: bool) -> VariableVerdict:
    """Return the verdict where both gradients are zero or None as they run; in float64 they may not be.

    In half precision they underflow. In float32 it takes a softmax that is sure, say, where 1 - p is rounded away.
    """
    if figures.is_rounding or math.isinf(figures.sensitivity):
        return "vacuous"
    if figures.differs:
        return "different"
    return "unstable" if figures.lossy and half else "vacuous"


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else 0.0


def states_of(sides: Sides, apart: Difference) -> tuple[State, State]:
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
    states = states_of(sides, apart)
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
    reference, candidate = states_of(native, apart)
    if candidate == "non-finite":
        return "candidate"
    return "reference" if reference == "non-finite" else None


def _off(native: Sides, float64: Sides) -> tuple[float, float]:
    return distance(native.reference, float64.reference), distance(native.candidate, float64.candidate)


def _whole_norm(differences: Sequence[Difference]) -> float:
    """Return the norm of the gradient for all variables at once, on the side where it is larger."""

    def side(norms: Iterable[float | None]) -> float:
        return math.hypot(*(size for size in norms if size is not None and math.isfinite(size)))

    return max(side(d.reference_norm for d in differences), side(d.candidate_norm for d in differences))


def _epsilon(gradient: Array | None) -> float:
    return 0.0 if gradient is None else float(np.finfo(gradient.dtype).eps)
