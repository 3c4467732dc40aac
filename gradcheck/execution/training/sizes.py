"""How large a gradient is: its norm, which is 0 where every element is exactly zero, and else no zero.

It is not finite where an element is not. In the program's own numbers nothing is changed: what is measured goes
nowhere but into our own state.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf


def values_of(gradient: Any) -> Any:
    """Return a gradient's numbers; of one that holds a few rows of a table, those rows."""
    return gradient.values if isinstance(gradient, tf.IndexedSlices) else gradient


def norms(gradients: Sequence[Any]) -> list[float]:
    """Return the norm of each gradient that has run."""
    if any("CPU" not in gradient.backing_device for gradient in gradients):
        with tf.init_scope():  # no tape of the program's is to remember this
            return list(np.sqrt(traced_squares(gradients).numpy()).tolist())
    with np.errstate(all="ignore"):
        return [norm(gradient.numpy()) for gradient in gradients]


def norm(array: Any) -> float:
    """Return the norm of an array."""
    flat = np.reshape(array, -1)
    if flat.dtype.kind == "c":
        flat = np.abs(flat)
    elif flat.dtype != np.float64:
        flat = flat.astype(np.float32, copy=False)
    squares = float(np.dot(flat, flat))
    if _LEAST < squares < _MOST:
        return math.sqrt(squares)
    wide = flat.astype(np.float64)  # squares of float32 do not leave the range of float64
    return math.sqrt(float(np.dot(wide, wide)))


_LEAST, _MOST = 1e-30, 1e30
"""Between these no square of a float32 that counts was lost in the sum."""


def traced_squares(gradients: Sequence[Any]) -> Any:
    """Return the sum of squares of each gradient, in float64, as one tensor.

    Of large ones in float32, unless that loses something: to make them wider would cost more than all else.
    """
    real = [tf.abs(gradient) if gradient.dtype.is_complex else gradient for gradient in gradients]
    if any(each.dtype != tf.float32 for each in real) or all(map(_is_small, real)):
        return 2.0 * _wide(real)
    narrow = tf.cast(tf.stack([tf.nn.l2_loss(each) for each in real]), tf.float64)
    kept = tf.reduce_all((narrow > _LEAST) & (narrow < _MOST))
    return 2.0 * tf.cond(kept, lambda: narrow, lambda: _wide(real))


def _is_small(gradient: Any) -> bool:
    count = gradient.shape.num_elements()
    return count is not None and count <= _SMALL


_SMALL = 1 << 14


def _wide(gradients: Sequence[Any]) -> Any:
    return tf.stack([tf.nn.l2_loss(tf.cast(gradient, tf.float64)) for gradient in gradients])
