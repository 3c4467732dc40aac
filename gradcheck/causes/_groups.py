"""Sums and normalisations of the same numbers in other groups."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from gradcheck.arrays import Array
from gradcheck.program.ops import NORMALISATIONS, OPS
from gradcheck.program.recording import Op, Recording


def grouped_otherwise(op: Op, candidate: Recording, reference: Recording) -> bool:
    """Return whether an op sums or normalises numbers of which the reference does the same, in other groups."""
    if op.type not in _GROUPING:
        return False
    own = [one for one in candidate.at_site.get(op.site, ()) if one.type == op.type]
    wanted = _numbers(own, candidate)
    alike: dict[object, list[Op]] = {}
    for one in reference.ops:
        if one.type == op.type:
            alike.setdefault(one.site, []).append(one)
    return any(
        _groups(own, candidate) != _groups(others, reference) and _same(wanted, _numbers(others, reference))
        for others in alike.values()
    )


def _groups(ops: Iterable[Op], recording: Recording) -> int:
    """Return over how many groups of numbers some sums or normalisations run: the latter along the last axis."""
    results = [(op, recording.tensors[op.outputs[0]]) for op in ops]
    return sum(
        one.size // (one.shape[-1] if op.type in NORMALISATIONS and one.size else 1) for op, one in results
    )


def _numbers(ops: Iterable[Op], recording: Recording) -> Array:
    return np.sort(np.concatenate([np.ravel(recording.array(op.inputs[0])) for op in ops] or [np.zeros(0)]))


def _same(one: Array, other: Array) -> bool:
    return one.size == other.size > 1 and bool(np.allclose(one, other, rtol=_CLOSE, atol=_CLOSE))


_GROUPING = {*NORMALISATIONS, *(name for name, one in OPS.items() if one.sum_or_mean)}

_CLOSE = 1e-4
