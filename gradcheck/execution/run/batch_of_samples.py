"""A batch of different samples than the case's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from gradcheck.arrays import Tensor
from gradcheck.targets.batches import leaves, replace_leaves
from gradcheck.targets.samples import SampleAxis


def with_rows(batch: Mapping[str, Any], axis: SampleAxis, rows: Any) -> dict[str, Any]:
    """Return `batch` with these rows, by number, of what has the sample axis; the rest stays whole."""
    return with_tensors(
        batch,
        {place: _rows(tensor, rows) for place, tensor in leaves(batch) if place in axis.places},
    )


def _rows(tensor: Any, rows: Any) -> Any:
    if isinstance(tensor, tf.SparseTensor):
        return tf.sparse.from_dense(tf.gather(tf.sparse.to_dense(tf.sparse.reorder(tensor)), rows))
    return tf.gather(tensor, rows)


def with_tensors(batch: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> dict[str, Any]:
    """Return `batch` with `tensors` at their places in the nest."""
    made: dict[str, Any] = replace_leaves(batch, {**dict(leaves(batch)), **tensors})
    return made
