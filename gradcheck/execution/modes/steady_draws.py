"""Random numbers that are the same however a formulation is run: in parts, as a graph, on replicas.

What a draw gives hangs on nothing but the place along its last axis. So each sample gets the same numbers,
whichever others are in its batch, in whatever order the ops run, and however often: in the backward pass, say.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from gradcheck.execution.random_internals import draws_replaced

_STEPS = 2**16
_STRIDE = 40503
"""Odd, and near the golden section of `_STEPS`: multiples of it are spread evenly."""


@contextlib.contextmanager
def steady_draws(wanted: bool) -> Iterator[None]:
    """Give the same numbers for the same last axis inside, where that is wanted.

    Uniform and normal ones are; what is drawn otherwise (a category, a permutation) stays random.
    """
    if not wanted:
        yield
        return
    with draws_replaced(_draw):
        yield


def _draw(kind: str, shape: Any, dtype: Any, low: Any, high: Any) -> Any:
    shape = tf.convert_to_tensor(shape, tf.int32) if not tf.is_tensor(shape) else tf.cast(shape, tf.int32)
    steps = _steps(shape)
    if kind == "whole":
        low, high = tf.convert_to_tensor(low), tf.convert_to_tensor(high)
        return tf.broadcast_to(low + tf.cast(steps, low.dtype) % (high - low), shape)
    # A number of so few bits is exact in float32, and so the same in any precision that follows.
    uniform = (tf.cast(steps, tf.float32) + 0.5) / _STEPS
    if kind != "uniform":
        within = 0.954499736 if kind == "truncated" else 1.0  # truncated to two standard deviations
        uniform = math.sqrt(2.0) * tf.math.erfinv(within * (2 * uniform - 1))
    return tf.broadcast_to(tf.cast(uniform, tf.float32 if dtype is None else dtype), shape)


def _steps(shape: Any) -> Any:
    """Return a whole number below `_STEPS` for each place along the last axis; one for all where it is alone."""
    if shape.shape.rank != 1 or shape.shape[0] is None or shape.shape[0] < 2:
        return tf.constant(_STRIDE, tf.int64)
    places = tf.range(tf.cast(shape[-1], tf.int64), dtype=tf.int64)
    return (places % _STEPS + 1) * _STRIDE % _STEPS
