"""A term of the reference that the candidate computes as well, and does not use."""

from __future__ import annotations

import math

import numpy as np

from gradcheck.explanation.exchange import Hit
from gradcheck.program.recording import Op, Recording


def unused(hit: Hit, recording: Recording) -> Op | None:
    """Return what last computes, for nothing, what a term adds to the reference; None if nothing does.

    It is known by its sum or its mean on one batch, which is no proof.
    """
    wanted = abs(hit.splice.source.factor * float(hit.reference.value.sum()))
    alike = [
        op
        for op in recording.ops
        if op.index not in recording.contributing
        and len(op.outputs) == 1
        and op.outputs[0] in recording.trainable
        and op.site is not None
        and _comes_to(wanted, op.outputs[0], recording)
    ]
    return alike[-1] if alike else None


def _comes_to(wanted: float, number: int, recording: Recording) -> bool:
    total = abs(float(recording.array(number).sum(dtype=np.float64)))
    count = max(recording.tensors[number].size, 1)
    return any(math.isclose(one, wanted, rel_tol=_NEAR) for one in (total, total / count))


_NEAR = 1e-5
