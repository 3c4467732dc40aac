"""The difference between two gradients of one variable, using only NumPy."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from gradcheck.arrays import Array

State = Literal["none", "zero", "finite", "non-finite"]
"""What a gradient is: absent (the loss does not depend on the variable), exactly zero everywhere,
finite and somewhere not zero, or somewhere NaN or infinite. However small, finite is not zero."""


def state(gradient: Array | None) -> State:
    """Return the state of `gradient`."""
    if gradient is None:
        return "none"
    # A NaN makes both extremes NaN; and no array of booleans as large as the gradient is needed.
    parts = gradient.ravel().view(gradient.real.dtype)
    extremes = parts.min(initial=0), parts.max(initial=0)
    if not np.isfinite(extremes).all():
        return "non-finite"
    return "finite" if any(extremes) else "zero"


@dataclass(frozen=True)
class Difference:
    """How the gradients of one variable compare; c is the candidate's, r the reference's.

    None counts as zero throughout. Norms are Euclidean, over all elements. Everything is computed in float64.

    Parameters
    ----------
    reference_norm, candidate_norm
        ‖r‖ and ‖c‖; None if the gradient is None.
    absolute
        ‖c − r‖.
    max_abs
        The largest |c − r| over the elements.
    worst
        The index of that element.
    relative
        ‖c − r‖ / max(‖r‖, ‖c‖), which lies in [0, 2]; 0 if both are zero.
    cosine
        ⟨r, c⟩ / (‖r‖ ‖c‖); None if either is zero.
    scale
        ⟨r, c⟩ / ⟨r, r⟩, the s for which s·r is closest to c; None if r is zero.
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
    r, c = _alike(reference, candidate)
    squares, max_abs, worst = _compared(r, c)
    rr, cc, dd = squares
    r_norm = _root(rr, lambda: _each(r))
    c_norm = _root(cc, lambda: _each(c))
    apart_norm = 0.0 if max_abs == 0 else _root(dd, lambda: _differences(r, c))
    larger = float(np.maximum(r_norm, c_norm))
    cosine = _cosine(r, c, squares, (r_norm, c_norm))
    return Difference(
        reference_norm=None if reference is None else r_norm,
        candidate_norm=None if candidate is None else c_norm,
        absolute=apart_norm,
        max_abs=max_abs,
        worst=tuple(int(i) for i in np.unravel_index(worst, r.shape)) if r.size else None,
        relative=0.0 if larger == 0 else apart_norm / larger,
        cosine=cosine,
        scale=None if r_norm == 0 else 0.0 if cosine is None else cosine * (c_norm / r_norm),
    )


def _compared(r: Array, c: Array) -> tuple[_Squares, float, int]:
    """Return the sums of r², c² and (c - r)², the largest of the |c - r|, and the place of that."""
    rr = cc = dd = 0.0
    worst, max_abs = 0, 0.0
    with np.errstate(invalid="ignore"):  # inf - inf
        for start, one, other in _pieces(r, c):
            apart = other - one
            rr, cc, dd = rr + dot(one, one), cc + dot(other, other), dd + dot(apart, apart)
            largest = _largest(apart)
            if not (largest <= max_abs or np.isnan(max_abs)):
                worst, max_abs = start + int(np.argmax(np.abs(apart))), largest
    return (rr, cc, dd), max_abs, worst


def _largest(apart: Array) -> float:
    """Return the largest size of an element; NaN counts as the largest."""
    if apart.dtype.kind == "c":
        return float(np.abs(apart).max())
    return float(max(apart.max(), -apart.min()))  # in half the time


def distance(reference: Array | None, candidate: Array | None) -> float:
    """Return ‖c − r‖ alone, which takes a fraction of the time of `difference` on large gradients."""
    r, c = _alike(reference, candidate)
    return _norm(lambda: _differences(r, c))


def norm(array: Array | None) -> float:
    """Return the Euclidean norm over all elements, however large or small these are; 0 for None."""
    return 0.0 if array is None else _norm(lambda: _each(array))


_PIECE = 2**16
"""How many elements are widened and compared at a time: few enough to stay in the processor's cache."""

_SAFE = 1e-140, 1e140
"""Norms between which no square that matters has under- or overflowed."""

Pieces = Callable[[], Iterator[Array]]


def _norm(pieces: Pieces) -> float:
    return _root(sum(dot(piece, piece) for piece in pieces()), pieces)


def _root(squares: float, pieces: Pieces) -> float:
    """Return the square root of `squares`, the sum of those in `pieces`.

    Where they under- or overflow, elements are divided by the largest first: norms of gradients around
    1e-200 would all be zero.
    """
    plain = math.sqrt(squares)
    if _SAFE[0] < plain < _SAFE[1]:
        return plain
    unit = max((_largest_finite(piece) for piece in pieces()), default=0.0) or 1.0
    return math.sqrt(sum(dot(piece / unit, piece / unit) for piece in pieces())) * unit


def _alike(reference: Array | None, candidate: Array | None) -> tuple[Array, Array]:
    """Return both gradients, with zeros for one that is None."""
    if reference is not None and candidate is not None and reference.shape != candidate.shape:
        raise ValueError(f"gradients of shape {reference.shape} and {candidate.shape} cannot be compared")
    r = np.zeros(() if candidate is None else candidate.shape) if reference is None else reference
    return r, np.zeros(r.shape) if candidate is None else candidate


def _pieces(*arrays: Array) -> Iterator[tuple[Any, ...]]:
    """Return the place, and what starts there in each of `arrays`: flat, in float64, piece by piece.

    Whole arrays in float64 would take more memory than the gradients, and more time: they fit no cache. What was
    yielded is overwritten by the next.
    """
    wide = np.complex128 if any(array.dtype.kind == "c" for array in arrays) else np.float64
    flat = [array.ravel() for array in arrays]
    space = [None if array.dtype == wide else np.empty(min(_PIECE, array.size), wide) for array in flat]
    for start in range(0, flat[0].size, _PIECE):
        yield start, *map(_widened, (array[start : start + _PIECE] for array in flat), space)


def _widened(piece: Array, space: Array | None) -> Array:
    if space is None:
        return piece
    into = space[: piece.size]
    into[...] = piece
    return into


def _each(array: Array) -> Iterator[Array]:
    return (piece for _, piece in _pieces(array))


def _differences(reference: Array, candidate: Array) -> Iterator[Array]:
    for _, r, c in _pieces(reference, candidate):
        with np.errstate(invalid="ignore"):  # inf - inf
            apart = c - r
        yield apart


def dot(one: Array, other: Array) -> float:
    """Return the real part of the inner product. BLAS would wake its threads for every piece."""
    return float(np.einsum("i,i->", one.view(np.float64), other.view(np.float64)))


_Squares = tuple[float, float, float]
"""The sums of r², c² and (c - r)²."""

_ALIKE = 8
"""How many times one norm is the other at most for the three squares to tell the product to the last digits."""


def _cosine(one: Array, other: Array, squares: _Squares, norms: tuple[float, float]) -> float | None:
    one_norm, other_norm = norms
    if one_norm == 0 or other_norm == 0:
        return None
    if all(_SAFE[0] < size < _SAFE[1] for size in norms):
        are_alike = max(norms) <= _ALIKE * min(norms)
        product = (squares[0] + squares[1] - squares[2]) / 2 if are_alike else _product(one, other)
        return product / (one_norm * other_norm)
    units = [max(map(_largest_finite, _each(array))) or 1.0 for array in (one, other)]
    scaled = sum(dot(a / units[0], b / units[1]) for _, a, b in _pieces(one, other))
    return scaled / (one_norm / units[0]) / (other_norm / units[1])


def _product(one: Array, other: Array) -> float:
    return sum(dot(a, b) for _, a, b in _pieces(one, other))


def _largest_finite(array: Array) -> float:
    sizes = np.abs(array)
    return float(sizes.max(initial=0.0, where=np.isfinite(sizes)))
