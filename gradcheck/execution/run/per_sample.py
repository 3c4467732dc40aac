"""A reference derived from the candidate: the same loss on single samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import tensorflow as tf

from gradcheck.cases import Case, Formulation
from gradcheck.errors import SingleSampleError, UserCodeError, user_code
from gradcheck.execution.run.batch_of_samples import with_tensors
from gradcheck.execution.run.formulation import loss_of
from gradcheck.execution.run.prepare import prepare
from gradcheck.execution.run.returned import Told
from gradcheck.execution.run.rows_drawn import for_samples
from gradcheck.targets.batches import leaves
from gradcheck.targets.samples import HOW_TO_NAME, SampleAxis

BatchReduction = Literal["mean", "sum", "once"]
"""What is made of the losses on single samples: their mean, their sum, or the sum but for what no sample changes,
such as a penalty on the weights, which the loss on the batch counts once."""


def counts_of(kind: BatchReduction) -> Callable[[int], list[int]]:
    """Return how many samples each run of the candidate has in such a reference, by how many the batch has."""
    return lambda samples: [1] * samples + ([2] if kind == "once" else [])


def with_reference(case: Case, kind: BatchReduction, axis: SampleAxis) -> Case:
    """Return `case` with what `kind` says of the candidate on single samples as its reference."""
    prepared = prepare(case)
    told = Told("the candidate", prepared.variables, case.loss, before=-1)
    return replace(case, reference=_on_single_samples(case.candidate, axis, kind, told))


def _on_single_samples(
    candidate: Formulation, axis: SampleAxis, kind: BatchReduction, told: Told
) -> Formulation:
    def loss(**batch: Any) -> Any:
        # Not the length of the axis: a second batch may hold more samples, or fewer.
        samples = next(int(tensor.shape[0]) for place, tensor in leaves(batch) if place in axis.places)
        losses = [_loss(candidate, told, _Rows(number, 1, batch, axis)) for number in range(samples)]
        if kind == "mean":
            return named(tf.add_n(losses) / samples)
        if kind == "sum":
            return named(tf.add_n(losses))
        # Two samples together have what no sample changes once, and by themselves twice.
        unchanged = losses[0] + losses[1] - _loss(candidate, told, _Rows(0, 2, batch, axis))
        return named(tf.add_n(losses) - (samples - 1) * unchanged)

    def named(value: Any) -> Any:
        return value if told.name is None else {told.name: value}

    return loss


@dataclass(frozen=True)
class _Rows:
    """Some samples of a batch: the first of them, and how many."""

    first: int
    count: int
    batch: Mapping[str, Any]
    axis: SampleAxis

    def alone(self) -> dict[str, Any]:
        """Return the batch with no other samples."""
        rows = {
            place: tensor[self.first : self.first + self.count]
            for place, tensor in leaves(self.batch)
            if place in self.axis.places
        }
        return with_tensors(self.batch, rows)


def _loss(candidate: Formulation, told: Told, rows: _Rows) -> Any:
    said = (
        "without a reference, the candidate is compared with itself on single samples; "
        f"on sample {rows.first} alone it raised:"
    )
    try:
        with user_code(said), for_samples(rows.first):
            return tf.reduce_sum(loss_of(candidate, rows.alone(), told))
    except UserCodeError as error:
        raise SingleSampleError(said, error.error, _how_it_was_cut(rows.batch, rows.axis)) from error.error


def _how_it_was_cut(batch: Mapping[str, Any], axis: SampleAxis) -> str:
    """Return what was left whole, where something was: it may have been meant to be cut, too."""
    whole = [place for place, tensor in leaves(batch) if tensor.shape.rank and place not in axis.places]
    if not whole:
        return ""
    cut = " and ".join(f"`{place}`" for place in sorted(axis.places))
    left = " and ".join(f"`{place}`" for place in whole)
    return f"a sample is a row of {cut}; {left} stayed whole. If that is wrong, {HOW_TO_NAME}"
