"""A batch that a compiled step of `fit` takes from its iterator, kept on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from gradcheck.execution.keras_internals import takes_one_batch


class Batch(NamedTuple):
    """What a step takes from its iterator, and as what the iterator gives it."""

    data: Any
    specification: Any

    def iterator(self) -> Any:
        """Return an iterator of the same type that gives this batch alone: no function is traced anew for it."""

        def give() -> Any:
            yield self.data

        return iter(tf.data.Dataset.from_generator(give, output_signature=self.specification))


def takes_from_iterator(function: Any, given: tuple[Any, ...]) -> bool:
    """Return whether a step of `fit` is called that takes one batch of plain tensors from an iterator."""
    if len(given) != 1 or not isinstance(given[0], tf.data.Iterator):
        return False
    specifications = tf.nest.flatten(given[0].element_spec)
    return all(type(each) is tf.TensorSpec for each in specifications) and takes_one_batch(
        function.python_function
    )


def taken(iterator: Any) -> Batch | None:
    """Take the next batch; None where there is none, as the step is to find out by itself."""
    try:
        return Batch(next(iterator), iterator.element_spec)
    except StopIteration:
        return None


def on_its_own(
    function: Any, given: tuple[Any, ...]
) -> tuple[tuple[Any, ...], Callable[[], tuple[Any, ...]]]:
    """Return what to call a step with now, and what makes that again, with a batch from an iterator kept."""
    batch = taken(given[0]) if takes_from_iterator(function, given) else None
    if batch is None:
        return given, lambda: given
    return (batch.iterator(),), lambda: (batch.iterator(),)
