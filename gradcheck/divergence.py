"""The first quantity of the candidate that the reference does not have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gradcheck.recording import Op, Recording

Values = Mapping[int, np.ndarray[Any, Any]]

CLOSE = 1e-9
"""Relative difference up to which two float64 values are the same quantity."""


def divergent(candidate: Recording, values: Values, reference: Values) -> list[Op]:
    """Return the ops of the candidate at which it leaves the reference, in order.

    Every element of a quantity is looked for among all elements of the reference: so the i-th scalar of
    a loop is the counterpart of element i of an array, whatever the shapes. Walking back from the loss,
    quantities without a counterpart are passed; where all that an op reads has one, it is reported.

    Parameters
    ----------
    values, reference
        By tensor number, in float64, of either side. Where one is empty, nothing is known and returned.

    Notes
    -----
    A quantity may lack a counterpart and be right: the reference may never have computed it.
    """
    if not values or not reference:
        return []
    known = _elements(reference)
    found: dict[int, Op] = {}
    seen: set[int] = set()
    pending = [candidate.loss]
    while pending:
        op = candidate.producer(pending.pop())
        if op is None or op.index in seen:
            continue
        seen.add(op.index)
        unknown = [n for n in op.inputs if _has_no_counterpart(n, candidate, values, known)]
        pending.extend(unknown)
        if not unknown:
            found[op.index] = op
    return [found[index] for index in sorted(found)]


def _elements(values: Values) -> np.ndarray[Any, Any]:
    floating = [array.ravel() for array in values.values() if array.dtype.kind == "f"]
    together = np.concatenate([np.zeros(0), *floating])
    return np.unique(together[np.isfinite(together)])


def _has_no_counterpart(
    number: int, candidate: Recording, values: Values, known: np.ndarray[Any, Any]
) -> bool:
    if candidate.producer(number) is None or number not in values or values[number].dtype.kind != "f":
        return False
    elements = values[number].ravel()
    elements = elements[np.isfinite(elements) & (elements != 0)]  # a mask makes zeros that no loop computes
    at = np.clip(np.searchsorted(known, elements), 1, max(known.size - 1, 1))
    nearest = np.minimum(
        np.abs(known[at - 1] - elements), np.abs(known[np.minimum(at, known.size - 1)] - elements)
    )
    return bool((nearest > CLOSE * np.abs(elements)).any())
