"""Match rows of two formulations that hold the same numbers: a loop's scalars and an array's elements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from gradcheck.arrays import Array
from gradcheck.tracing.rows import Row

Values = Mapping[int, Array]

CLOSE = 1e-5
"""Relative to the largest element: what two ways of rounding in float32 may leave."""


def aligned(reference: Sequence[Row], candidate: Sequence[Row], values: Values) -> list[tuple[int, int]]:
    """Return pairs of indices of rows that hold the same numbers, in the candidate's order.

    The results of all executions of a row are put end to end: so the i-th scalar of a loop is compared with
    element i of an array, whatever their shapes.

    Parameters
    ----------
    values
        The results of the rows of both sides, by tensor number. A row of which any is missing has no pair.

    Notes
    -----
    That the numbers agree on this batch does not prove that both mean the same quantity. A row whose numbers
    are all alike has no pair: too many others would agree with it by chance.
    """
    numbers = [_numbers(row, values) for row in reference]
    taken: set[int] = set()
    found = []
    for index, row in enumerate(candidate):
        own = _numbers(row, values)
        for other, theirs in enumerate(numbers):
            if own is not None and theirs is not None and other not in taken and _same(own, theirs):
                taken.add(other)
                found.append((other, index))
                break
    return found


def _numbers(row: Row, values: Values) -> Array | None:
    if not row.variants or any(number not in values for number in row.made):
        return None
    # Numbers are given in the order in which tensors are made.
    together = np.concatenate([values[number].ravel() for number in sorted(row.made)])
    if together.size == 0 or not np.isfinite(together).all():
        return None
    varied = together.size == 1 or float(np.ptp(together)) > CLOSE * float(np.abs(together).max())
    return together if varied else None


def _same(one: Array, other: Array) -> bool:
    if one.size != other.size:
        return False
    largest = float(max(np.abs(one).max(), np.abs(other).max()))
    return bool(np.abs(one - other).max() <= CLOSE * largest)
