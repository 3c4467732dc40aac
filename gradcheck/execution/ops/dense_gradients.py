"""From a `GradientTape` to one dense gradient per variable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from gradcheck.arrays import Array, Tensor, array_of


def dense_gradients(
    tape: Any, loss: Tensor | Sequence[Tensor], variables: Sequence[Any]
) -> list[Array | None]:
    """Differentiate `loss` for each variable.

    Returns
    -------
    One array of the variable's shape and dtype per variable, or None where the loss does not depend on
    it. Sparse gradients (`tf.IndexedSlices`) are summed to dense ones.
    """
    gradients = tape.gradient(loss, variables)
    return [None if gradient is None else dense(gradient) for gradient in gradients]


def dense(gradient: Any) -> Array:
    """Return a gradient as an array; of `tf.IndexedSlices` what they add up to."""
    # A view: the gradients of a large network need not be held twice.
    array = array_of(tf.convert_to_tensor(gradient))
    # ml_dtypes' bfloat16 is unknown to much of NumPy; float32 holds every value of it.
    return array if array.dtype.kind in "fc" else array.astype(np.float32)
