"""How far two gradients of one variable are apart, in NumPy alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

State = Literal["none", "zero", "finite", "non-finite"]
"""What a gradient is: absent (the loss does not depend on the variable), exactly zero everywhere,
finite and somewhere not zero, or somewhere NaN or infinite. However small, finite is not zero."""


def state(gradient: Array | None) -> State:
    """Return which of the four things `gradient` is."""
    if gradient is None:
        return "none"
    if not np.isfinite(gradient).all():
        return "non-finite"
    return "finite" if gradient.any() else "zero"


@dataclass(frozen=True)
class Difference:
    """How the gradients of one variable compare; c is the candidate's, r the reference's.

    None counts as zero throughout. Norms are Euclidean, over all elements. All is computed in float64.

    Parameters
    ----------
    reference_norm, candidate_norm
        ‖r‖ and ‖c‖; None where the gradient is None.
    absolute
        ‖c − r‖.
    max_abs
        The largest |c − r| over the elements.
    worst
        The index of that element.
    relative
        ‖c − r‖ / max(‖r‖, ‖c‖), which lies in [0, 2]; 0 when both are zero.
    cosine
        ⟨r, c⟩ / (‖r‖ ‖c‖); None when either is zero.
    scale
        ⟨r, c⟩ / ⟨r, r⟩, the s for which s·r is nearest to c; None when r is zero.
    """

    reference_norm: float | None
    candidate_norm: float | None
    absolute: float
    max_abs: float
    worst: tuple[int, ...] | None
    relative: float
    cosine: float | None
    scale: float | None


def difference(reference: Array | None, candidate: Array | None) -> Difference:
    """Compare two gradients of one variable.

    Raises
    ------
    ValueError
        The shapes differ: these are not gradients of one variable.
    """
    r, c, apart = _apart(reference, candidate)
    apart = np.abs(apart)
    r_norm, c_norm, apart_norm = norm(r), norm(c), norm(apart)
    larger = float(np.maximum(r_norm, c_norm))
    cosine = _cosine(r, c, r_norm, c_norm)
    worst = _worst(apart)
    return Difference(
        reference_norm=None if reference is None else r_norm,
        candidate_norm=None if candidate is None else c_norm,
        absolute=apart_norm,
        max_abs=0.0 if worst is None else float(apart[worst]),
        worst=worst,
        relative=0.0 if larger == 0 else apart_norm / larger,
        cosine=cosine,
        scale=None if r_norm == 0 else 0.0 if cosine is None else cosine * (c_norm / r_norm),
    )


def distance(reference: Array | None, candidate: Array | None) -> float:
    """Return ‖c − r‖ alone, which takes a fraction of the time of `difference` on large gradients."""
    return norm(_apart(reference, candidate)[2])


def norm(array: Array) -> float:
    """Return the Euclidean norm over all elements, however large or small these are.

    Where the squares under- or overflow, elements are divided by the largest first: norms of gradients
    around 1e-200 would all be zero.
    """
    with np.errstate(over="ignore"):
        plain = float(np.linalg.norm(array.ravel()))
    if _SAFE[0] < plain < _SAFE[1]:
        return plain
    unit = _largest_finite(array)
    return float(np.linalg.norm((array / unit).ravel())) * unit


_SAFE = 1e-140, 1e140
"""Norms between which no square that matters has under- or overflowed."""


def _apart(reference: Array | None, candidate: Array | None) -> tuple[Array, Array, Array]:
    """Return both gradients in float64, and the candidate's minus the reference's."""
    if reference is not None and candidate is not None and reference.shape != candidate.shape:
        raise ValueError(f"gradients of shape {reference.shape} and {candidate.shape} cannot be compared")
    r, c = _as_float64(reference), _as_float64(candidate)
    with np.errstate(invalid="ignore"):  # inf - inf
        return r, c, c - r


def _cosine(one: Array, other: Array, one_norm: float, other_norm: float) -> float | None:
    if one_norm == 0 or other_norm == 0:
        return None
    if all(_SAFE[0] < size < _SAFE[1] for size in (one_norm, other_norm)):
        return float(np.vdot(one, other).real) / (one_norm * other_norm)
    one, other = one / _largest_finite(one), other / _largest_finite(other)
    return float(np.vdot(one, other).real) / (norm(one) * norm(other))


def _as_float64(gradient: Array | None) -> Array:
    if gradient is None:
        return np.zeros(())
    return gradient.astype(np.complex128 if gradient.dtype.kind == "c" else np.float64, copy=False)


def _largest_finite(array: Array) -> float:
    sizes = np.abs(array)
    largest = float(sizes.max(initial=0.0, where=np.isfinite(sizes)))
    return largest if largest > 0 else 1.0


def _worst(apart: Array) -> tuple[int, ...] | None:
    if apart.size == 0:
        return None
    flat = int(np.argmax(apart))  # a NaN counts as the largest
    return tuple(int(place) for place in np.unravel_index(flat, apart.shape))
