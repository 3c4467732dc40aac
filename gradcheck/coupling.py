"""Losses that are meant to couple the samples of a batch, as contrastive ones do."""

from __future__ import annotations

from gradcheck.causes.broadcast import asked_for, both_grow
from gradcheck.causes.queries import BINARY, REDUCTIONS, reduced_axes
from gradcheck.recording import Op, Recording, Shape

_PRODUCTS = {"MatMul", "BatchMatMulV2", "BatchMatMul", "Einsum"}
_ORDERED = {"Cumsum", "Cumprod", "CumulativeLogsumexp", "TopKV2", "Roll", "ReverseV2", "RandomShuffle"}
_OVER_LAST_AXIS = {"Softmax", "LogSoftmax", "SparseSoftmaxCrossEntropyWithLogits"}


def couples_samples(recording: Recording, samples: int) -> tuple[Op, str] | None:
    """Return the first op that brings samples together, with what it does in words; None if none is seen.

    Parameters
    ----------
    samples
        n; an axis of this length is taken for a sample axis. An axis that has it by chance is, too.

    Notes
    -----
    An accidental broadcast, in which no operand was given an axis for it, is not counted: that is the
    mistake that comparing with single samples is there to find.
    """
    pooled: set[int] = set()
    for op in recording.ops:
        if op.index not in recording.contributing or not op.outputs:
            continue
        words = _words(op, recording, samples, pooled)
        if words is not None:
            return op, words
        if _pools(op, recording, samples) or pooled.intersection(op.inputs):
            pooled.update(op.outputs)
    return None


def _words(op: Op, recording: Recording, n: int, pooled: set[int]) -> str | None:
    shapes = recording.shapes(op.inputs)
    if op.type in BINARY and pooled.intersection(op.inputs) and any(shape[:1] == (n,) for shape in shapes):
        return "puts a figure of the whole batch into each sample"
    if both_grow(op, recording) and asked_for(op, recording):
        return "pairs every sample with every other"
    return _words_by_shape(op.type, shapes[0], recording.tensors[op.outputs[0]].shape, n) if shapes else None


def _words_by_shape(kind: str, given: Shape, made: Shape, n: int) -> str | None:
    if kind in _PRODUCTS and made.count(n) > 1:
        return "multiplies every sample with every other"
    if kind in _ORDERED and given[:1] == (n,):
        return "uses the order of the samples"
    if kind in _OVER_LAST_AXIS and given[-1:] == (n,) and len(given) > 1:
        return "normalises over the samples"
    if kind == "StridedSlice" and given[:1] == (n,) and 1 < (made[:1] or (1,))[0] < n:
        return "takes some samples and not others"
    return None


def _pools(op: Op, recording: Recording, n: int) -> bool:
    shape = recording.tensors[op.inputs[0]].shape if op.inputs else ()
    return op.type in REDUCTIONS and shape[:1] == (n,) and 0 in reduced_axes(op, recording)
