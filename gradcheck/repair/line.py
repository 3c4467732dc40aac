"""A line through two gradients, and how near it comes to a third."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gradcheck.arrays import Array
from gradcheck.judgement.differences import dot

_PIECE = 2**15
"""So many numbers of each gradient at once stay in the cache of a processor."""


@dataclass(frozen=True)
class Line:
    """What is known of a line in a parameter, all of it from one pass over the gradients.

    Parameters
    ----------
    square
        That of the length of its direction, per unit of the parameter.
    move
        How far along it, from the second point, the point nearest to what is wanted is.
    before, away, left
        How far the two points, and that nearest one, are from what is wanted.
    """

    square: float
    move: float
    before: float
    away: float
    left: float


def line_through(former: Sequence[Array], now: Sequence[Array], run: float, wanted: Sequence[Array]) -> Line:
    """Return the line through two gradients, `run` apart in the parameter; each is given as vectors."""
    square = along = before = away = 0.0
    for first, second, third in _pieces(former, now, wanted):
        direction, rest, whole = (second - first) / run, third - second, third - first
        square += dot(direction, direction)
        along += dot(direction, rest)
        away += dot(rest, rest)
        before += dot(whole, whole)
    move = along / square if square > 0 else math.nan
    # Exact enough: what is left is compared with a share of what there was.
    left = math.sqrt(max(away - move * along, 0.0)) if math.isfinite(move) else math.nan
    return Line(square, move, math.sqrt(before), math.sqrt(away), left)


def _pieces(*gradients: Sequence[Array]) -> Iterator[tuple[Array, ...]]:
    for vectors in zip(*gradients, strict=True):
        for start in range(0, vectors[0].size, _PIECE):
            yield tuple(vector[start : start + _PIECE] for vector in vectors)
