"""A scalar whose gradients are the ones given, for a formulation that gives gradients and no loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf


def surrogate(gradients: Mapping[str, Any], variables: Mapping[str, Any]) -> Any:
    """Return Σ ⟨g, v⟩ over the variables v, with the gradients g taken for constants.

    Its gradient for each v is g to the last digit, and None where g is. Tapes and recorders see its ops as
    any others: replayed in float64, what led to the gradients gives them in float64.

    Parameters
    ----------
    gradients
        By path: a tensor, `tf.IndexedSlices`, or None.
    variables
        The variables, by the same paths.
    """
    terms = [
        tf.cast(
            tf.math.real(tf.reduce_sum(_constant(gradient, variables[path]) * variables[path])), tf.float64
        )
        for path, gradient in gradients.items()
        if gradient is not None
    ]
    return tf.add_n(terms) if terms else tf.zeros((), tf.float64)


def _constant(gradient: Any, variable: Any) -> Any:
    fixed = tf.stop_gradient(tf.cast(tf.convert_to_tensor(gradient), variable.dtype))
    return tf.math.conj(fixed)
