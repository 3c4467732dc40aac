"""The count that a mean divides by: edits for the cause `reduction` that are more than a factor."""

from __future__ import annotations

import numpy as np

from gradcheck.program.ops import DIVISIONS, MASKED_BY
from gradcheck.program.places import place_of
from gradcheck.program.queries import is_mask
from gradcheck.program.recording import Op, Recording
from gradcheck.repair.language import OWN, At, Expression, Input, Own, Runs, call, with_input
from gradcheck.repair.proposal import Proposal, Proposer, once_per_place


def counted_otherwise(ops: list[Op], recording: Recording) -> list[Proposal]:
    """Return other counts for the means among `ops`: of uneven parts, and of what a mask keeps."""
    means = [op for op in ops if op.type == "Mean"]
    found = [
        proposal
        for op in once_per_place(means)
        for proposal in (*_uneven(op, means, recording), *_kept(op, recording))
    ]
    divisions = [op for op in once_per_place(ops) if op.type in DIVISIONS]
    return found + [
        p for op in divisions for p in (*_own_counts(op, recording), *_all_at_once(op, recording))
    ]


def _uneven(op: Op, means: list[Op], recording: Recording) -> list[Proposal]:
    """Return the parts of one expression, of which some hold more elements, weighed by how many they hold."""
    runs = [run for run in means if place_of(op).holds(run)]
    counts = [_count(run, recording) for run in runs]
    if len(set(counts)) == 1:
        return []
    proposer = Proposer("reduction", recording)
    together = At(place_of(op), input=0, which="joined")
    share = call("divide", _size(Input(0)), _size(together))
    said = f"{len(runs)} means of {min(counts)} to {max(counts)} elements"
    return [
        proposer(
            op,
            call("multiply", call("multiply", share, Runs()), OWN),
            f"{said} have equal weights: elements of small parts weigh too much",
            words="weigh each part by how many elements it has, or divide the sum over all parts once",
            in_source=False,
        ),
        proposer(
            op,
            call("multiply", share, OWN),
            f"{said} are added up: the sum is not the mean of all elements",
            words="take the sum of each part here, and divide once by the count of all elements",
            in_source=False,
        ),
    ]


def _kept(op: Op, recording: Recording) -> list[Proposal]:
    """Return the mean of masked elements taken over those that the mask keeps."""
    product = recording.producer(op.inputs[0])
    if product is None or product.type not in MASKED_BY:
        return []
    return [
        Proposer("reduction", recording)(
            op,
            _mean_of_kept(op, product, number, recording),
            "elements that a mask sets to zero are counted; the reference divides by the count of the others",
            words="divide the sum by the sum of the mask",
        )
        for number in MASKED_BY[product.type]
        if is_mask(product.inputs[number], recording)
    ]


def _mean_of_kept(op: Op, product: Op, mask: int, recording: Recording) -> Expression:
    """Return the sum of masked elements divided by the sum of the mask, over the same axes."""
    kept: Expression = At(place_of(product), input=mask)
    if not recording.tensors[product.inputs[mask]].floating:
        kept = call("cast", kept, dtype=recording.tensors[op.inputs[0]].dtype)
    if recording.tensors[product.inputs[mask]].shape != recording.tensors[op.inputs[0]].shape:
        kept = call("multiply", kept, call("ones_like", Input(0)))
    return call("divide", Own(kind="Sum"), Own(((0, kept),), kind="Sum"))


def _size(of: Expression) -> Expression:
    return call("cast", call("size", of), dtype="float32")


def _own_counts(op: Op, recording: Recording) -> list[Proposal]:
    """Return the rows of an array divided by one count, the mean of theirs."""
    counts = op.inputs[1]
    if counts in recording.trainable or recording.tensors[counts].size < 2:
        return []
    values = recording.array(counts)
    if not (np.isfinite(values).all() and values.min() > 0 and values.min() < values.max()):
        return []
    return [
        Proposer("reduction", recording)(
            op,
            with_input(1, lambda counts: call("reduce_mean", counts)),
            "a mean of means: each part is divided by its own count, so small parts weigh too much",
            rank=1,
        )
    ]


def _all_at_once(op: Op, recording: Recording) -> list[Proposal]:
    """Return the mean of the ratios of rows, for the ratio of two sums over everything."""
    sums = [recording.producer(number) for number in op.inputs]
    shapes = [recording.tensors[one.inputs[0]].shape for one in sums if one is not None and one.type == "Sum"]
    if recording.tensors[op.outputs[0]].size != 1 or len(shapes) < 2 or not all(shapes):
        return []
    proposer = Proposer("reduction", recording)
    found = []
    wholes = [At(place_of(one), input=0) for one in sums if one is not None]
    if min(map(len, shapes)) > 1 and shapes[0][0] == shapes[1][0]:
        said = f"the reference averages the means of {shapes[0][0]} rows"
        words = "divide the sums of each row, over all axes but the first, and average the results"
        rows = [
            call("reduce_sum", whole, axis=tuple(range(1, len(shape))))
            for whole, shape in zip(wholes, shapes, strict=True)
        ]
        ratio = call("reduce_mean", call("math.divide_no_nan", *rows))
        found.append(proposer(op, ratio, f"one ratio of sums; {said}", words=words, rank=1))
    if shapes[0] == shapes[1]:
        said = "the reference averages the ratios of their elements"
        words = "divide element by element, and average the results"
        ratio = call("reduce_mean", call("math.divide_no_nan", *wholes))
        found.append(proposer(op, ratio, f"one ratio of sums; {said}", words=words, rank=1))
    return found


def _count(op: Op, recording: Recording) -> int:
    """Return how many elements one mean is taken of."""
    given, made = recording.tensors[op.inputs[0]], recording.tensors[op.outputs[0]]
    return given.size // max(made.size, 1)
