"""A reference made from the candidate alone: the same loss on single samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import tensorflow as tf

from gradcheck.batches import leaves
from gradcheck.case import Case, Formulation
from gradcheck.errors import UserCodeError
from gradcheck.execution.rows import with_tensors
from gradcheck.samples import HOW_TO_NAME, SampleAxis


def with_reference(case: Case, kind: Literal["mean", "sum"], axis: SampleAxis) -> Case:
    """Return `case` with the mean, or the sum, of the candidate on single samples as its reference."""
    return replace(case, reference=_on_single_samples(case.candidate, axis, add_up=kind == "sum"))


def _on_single_samples(candidate: Formulation, axis: SampleAxis, *, add_up: bool) -> Formulation:
    def loss(**batch: Any) -> Any:
        losses = [_loss(candidate, batch, number, axis) for number in range(axis.length)]
        return tf.add_n(losses) if add_up else tf.add_n(losses) / axis.length

    return loss


def _loss(candidate: Formulation, batch: Mapping[str, Any], number: int, axis: SampleAxis) -> Any:
    rows = {place: tensor[number : number + 1] for place, tensor in leaves(batch) if place in axis.places}
    try:
        return tf.reduce_sum(candidate(**with_tensors(batch, rows)))
    except (Exception, SystemExit) as error:
        raise UserCodeError(
            "without a reference the candidate is held against itself on single samples; "
            f"on sample {number} alone it raised:",
            error,
            _how_it_was_cut(batch, axis),
        ) from error


def _how_it_was_cut(batch: Mapping[str, Any], axis: SampleAxis) -> str:
    """Return what was left whole, where something was: it may have been meant to be cut, too."""
    whole = [place for place, tensor in leaves(batch) if tensor.shape.rank and place not in axis.places]
    if not whole:
        return ""
    cut = " and ".join(f"`{place}`" for place in sorted(axis.places))
    left = " and ".join(f"`{place}`" for place in whole)
    return f"a sample is a row of {cut}; {left} stayed whole. If that is wrong, {HOW_TO_NAME}"
