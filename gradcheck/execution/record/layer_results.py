"""What calls of Keras layers return: ops tell in which order results were made, not in which they are returned."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import tensorflow as tf

from gradcheck.arrays import Tensor


@contextlib.contextmanager
def several_results_told(to: Callable[[Sequence[Tensor]], None]) -> Iterator[None]:
    """Call `to` with the tensors that a layer returned, in their order, wherever there are several."""
    original = keras.Layer.__call__

    @functools.wraps(original)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        returned = original(self, *args, **kwargs)
        tensors = list(_tensors(returned))
        if len(tensors) > 1:
            to(tensors)
        return returned

    keras.Layer.__call__ = call
    try:
        yield
    finally:
        keras.Layer.__call__ = original


def _tensors(returned: Any) -> Iterator[Tensor]:
    """Yield the tensors in a nest, in their order: `tf.nest` sorts what is in a dict, if it can."""
    if isinstance(returned, tf.Tensor):
        yield returned
    elif isinstance(returned, list | tuple | dict):
        for one in returned.values() if isinstance(returned, dict) else returned:
            yield from _tensors(one)
