"""The count that a mean divides by: edits for the cause `reduction` that are more than a factor."""

from __future__ import annotations

import numpy as np

from gradcheck.program.ops import DIVISIONS, MASKED_BY, SQUARES
from gradcheck.program.places import place_of
from gradcheck.program.queries import is_mask
from gradcheck.program.recording import Op, Recording
from gradcheck.repair.language import OWN, At, Expression, Input, Own, Runs, call, with_input
from gradcheck.repair.proposal import Proposal, Proposer, once_per_place


def counted_otherwise(ops: list[Op], recording: Recording) -> list[Proposal]:
    """Return other counts for the means among `ops`: of uneven parts, of what a mask keeps, n - 1 for n."""
    means = [op for op in ops if op.type == "Mean"]
    found = [
        proposal
        for op in once_per_place(means)
        for proposal in (*_uneven(op, means, recording), *_kept(op, recording))
    ]
    divisions = [op for op in once_per_place(ops) if op.type in DIVISIONS]
    found += [proposal for op in divisions for proposal in _own_counts(op, recording)]
    # In reduce_std the mean of the squares is the second at its place.
    unbiased = [proposal for op in means for proposal in _unbiased(op, recording)]
    return [*found, *{proposal.edits: proposal for proposal in unbiased}.values()]


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


def _unbiased_factor(mean: Op, *, root: bool) -> Expression:
    """Return n / (n - 1), or its root: n is how many elements one mean is taken of."""
    given, made = (At(place_of(mean), input=0), At(place_of(mean)))
    count = call("divide", _size(given), _size(made))
    factor = call("divide", count, call("subtract", count, 1))
    return call("sqrt", factor) if root else factor


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


def _unbiased(op: Op, recording: Recording) -> list[Proposal]:
    """Return the mean of squares divided by n - 1, also within functions that take its root."""
    squares, count = recording.producer(op.inputs[0]), _count(op, recording)
    if squares is None or squares.type not in SQUARES or count < 2:
        return []
    at, root = op, False
    if any(other.type == "Mean" and other is not op for other in recording.at_site[op.site]):
        # A mean of the same expression is subtracted, and not to be changed: reduce_variance, reduce_std.
        at = squares
        readers = recording.consumers.get(op.outputs[0], ())
        roots = [reader for reader in readers if reader.type == "Sqrt" and reader.site == op.site]
        if roots:
            at, root = roots[0], True
    return [
        Proposer("reduction", recording)(
            at,
            call("multiply", _unbiased_factor(op, root=root), OWN),
            f"squares are divided by their number, {count}; the reference agrees with {count - 1}: n - 1",
            words="divide the sum of the squares by one less than their number",
            rank=1,
            notes=("tf.math.reduce_variance and reduce_std divide by n, as np.var and np.std do",),
        )
    ]


def _count(op: Op, recording: Recording) -> int:
    """Return how many elements one mean is taken of."""
    given, made = recording.tensors[op.inputs[0]], recording.tensors[op.outputs[0]]
    return given.size // max(made.size, 1)
