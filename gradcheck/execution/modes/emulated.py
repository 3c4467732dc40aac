"""Modes written as formulations, so that they can be compared with the loss as `diff` compares two of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

from gradcheck.arrays import Array
from gradcheck.execution.modes.dtype_policy import policy
from gradcheck.execution.modes.subject import Loss, Subject, specs_of_any_size
from gradcheck.execution.record.eagerly import compiled
from gradcheck.execution.run.batch_of_samples import with_rows
from gradcheck.targets.batches import leaves

Split = Callable[[int], Sequence[Array]]
"""Returns the numbers of the samples of each part, for a batch of so many."""

Shares = Callable[[Sequence[Array]], Sequence[float]]
"""Returns by how much the loss of each part is multiplied before they are added up."""


def in_parts(subject: Subject, split: Split, shares: Shares) -> Loss:
    """Return the loss as the sum of those of parts of the batch, of whatever size it is."""
    axis = subject.prepared.sample_axis()

    def emulated(**batch: Any) -> Any:
        samples = next(int(tensor.shape[0]) for place, tensor in leaves(batch) if place in axis.places)
        parts = split(samples)
        losses = [subject.scalar(subject.loss(**with_rows(batch, axis, part))) for part in parts]
        added = tf.add_n([share * loss for share, loss in zip(shares(parts), losses, strict=True)])
        return _as_named(subject, added)

    return emulated


def as_one_function(subject: Subject, *, any_size: bool) -> Loss:
    """Return the loss as the ops of one `tf.function`, traced for a batch of any size or each size anew."""
    signature = [specs_of_any_size(subject, subject.batch())] if any_size else None
    function = tf.function(lambda batch: subject.scalar(subject.loss(**batch)), input_signature=signature)

    def emulated(**batch: Any) -> Any:
        with compiled():
            return _as_named(subject, function(batch))

    return emulated


def as_traced(subject: Subject) -> Loss:
    """Return the loss with each `tf.function` of the user's as the graph that it was traced to."""

    def emulated(**batch: Any) -> Any:
        with compiled():
            return subject.loss(**batch)

    return emulated


def _as_named(subject: Subject, loss: Any) -> Any:
    """Return a loss as a formulation returns it that is one of several."""
    return loss if subject.case.loss is None else {subject.case.loss: loss}


def under_its_policy(subject: Subject) -> Loss:
    """Return the loss of what was made under a dtype policy, which is in force while it runs."""

    def emulated(**batch: Any) -> Any:
        with policy(subject.policy):
            return subject.loss(**batch)

    return emulated


def by_its_train_step(subject: Subject) -> Loss:
    """Return the training step of a Keras model, which passes its gradients to the optimizer."""
    model: Any = subject.case.candidate

    def step(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
        return model.train_step(keras.utils.pack_x_y_sample_weight(x, y, sample_weight))

    return step
