"""Models whose outputs are cast to float32, as a loss in mixed precision needs them beside float32 labels."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import keras
import tensorflow as tf

from gradcheck.execution.modes.subject import Subject


def with_outputs_in_float32(subject: Subject) -> Subject:
    """Return the subject with what its layers give to its own code, not to one another, cast to float32."""
    function = subject.loss

    @functools.wraps(function)
    def loss(**batch: Any) -> Any:
        with _outputs_cast():
            return function(**batch)

    return replace(subject, case=replace(subject.case, candidate=loss))


class _Depth(threading.local):
    """How many layers of this thread are being called within one another."""

    def __init__(self) -> None:
        self.calls = 0


_depth = _Depth()


@contextlib.contextmanager
def _outputs_cast() -> Iterator[None]:
    original = keras.Layer.__call__

    @functools.wraps(original)
    def call(layer: Any, *given: Any, **named: Any) -> Any:
        _depth.calls += 1
        try:
            outputs = original(layer, *given, **named)
        finally:
            _depth.calls -= 1
        return outputs if _depth.calls else tf.nest.map_structure(_cast, outputs)

    keras.Layer.__call__ = call
    try:
        yield
    finally:
        keras.Layer.__call__ = original


def _cast(output: Any) -> Any:
    half = isinstance(output, tf.Tensor) and output.dtype in (tf.float16, tf.bfloat16)
    return tf.cast(output, tf.float32) if half else output
