"""A reference made from the candidate alone: the same loss on single samples."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import tensorflow as tf

from gradcheck.case import Case, Formulation
from gradcheck.errors import CaseError, unawaited, user_code


def with_reference(case: Case, kind: Literal["mean", "sum"]) -> Case:
    """Return `case` with the mean, or the sum, of the candidate on single samples as its reference."""
    return replace(case, reference=_on_single_samples(case.candidate, add_up=kind == "sum"))


def _on_single_samples(candidate: Formulation, *, add_up: bool) -> Formulation:
    def loss(**batch: Any) -> Any:
        samples = max(int(t.shape[0]) for t in tf.nest.flatten(batch) if t.shape.rank)
        losses = [_loss(candidate, batch, number) for number in range(samples)]
        return tf.add_n(losses) if add_up else tf.add_n(losses) / samples

    return loss


def _loss(candidate: Formulation, batch: Any, number: int) -> Any:
    sample = tf.nest.map_structure(lambda t: t[number : number + 1] if t.shape.rank else t, batch)
    with user_code(
        "without a reference the candidate is held against itself on single samples; "
        f"on sample {number} alone it raised:"
    ):
        loss = candidate(**sample)
        if hint := unawaited(loss):
            raise CaseError(f"the candidate returned a coroutine{hint}")
        return tf.reduce_sum(loss)
