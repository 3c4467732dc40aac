"""What a function takes from the iterators it is called with, kept on the way, so that it can be called again."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf


class KeptArguments:
    """Arguments of calls, with stand-ins for their iterators that keep what is taken from them.

    Notes
    -----
    Every iterator gets one stand-in, since it takes 30 ms to make one. `release` is to be called in the end:
    TensorFlow warns of iterators over a generator that are still there when Python ends.
    """

    def __init__(self) -> None:
        self._stand_ins: dict[int, _StandIn] = {}

    @contextlib.contextmanager
    def handing_on(self, arguments: Any) -> Iterator[Any]:
        """Yield arguments to call a function with inside; what their iterators raise is raised as it is."""
        found = [self._stand_in(each) for each in tf.nest.flatten(arguments) if _is_iterator(each)]
        for stand_in in found:
            stand_in.begin()
        try:
            yield _replaced(arguments, lambda each: self._stand_in(each).iterator)
        except tf.errors.OpError:
            for error in (stand_in.error for stand_in in found if stand_in.error is not None):
                raise error from None  # as a stand-in passes it on, it is of another class
            raise

    def again(self, arguments: Any) -> Callable[[], Any]:
        """Return what makes the arguments of the last call anew, for a call that runs eagerly."""
        taken = {number: list(stand_in.taken) for number, stand_in in self._stand_ins.items()}
        held = tf.nest.map_structure(_held, arguments)
        return lambda: _replaced(held, lambda each: _over(taken[id(each)]))

    def release(self) -> None:
        """Let go of all stand-ins: for the next call there are new ones."""
        for stand_in in self._stand_ins.values():
            stand_in.end()
        self._stand_ins.clear()

    def _stand_in(self, iterator: Any) -> _StandIn:
        if id(iterator) not in self._stand_ins:
            self._stand_ins[id(iterator)] = _StandIn(iterator)
        return self._stand_ins[id(iterator)]


class _StandIn:
    """Hands on the elements of an iterator, one by one, when they are asked for."""

    def __init__(self, iterator: Any) -> None:
        self.taken: list[Any] = []
        self.error: Exception | None = None
        self._of = iterator
        self.iterator: Any = _handing_on(iterator, self._hand_on)

    def begin(self) -> None:
        """Forget what an earlier call took."""
        self.taken.clear()
        self.error = None

    def end(self) -> None:
        """Let go of both iterators: what hands on is kept alive by TensorFlow."""
        self.iterator = self._of = None

    def _hand_on(self) -> Iterator[Any]:
        try:
            for element in self._of:
                self.taken.append(element)
                yield element
        except tf.errors.OpError as error:
            self.error = error
            raise


def can_be_kept(arguments: Any) -> bool:
    """Return whether a function can be called again with these arguments: other iterators are used up."""
    return all(_is_iterator(each) or not isinstance(each, Iterator) for each in tf.nest.flatten(arguments))


def _is_iterator(thing: Any) -> bool:
    """Return whether something is an iterator of `tf.data` that a generator can stand in for."""
    return isinstance(thing, tf.data.Iterator) and all(
        isinstance(each, tf.TensorSpec | tf.RaggedTensorSpec) for each in tf.nest.flatten(thing.element_spec)
    )


def _replaced(arguments: Any, stands_in: Callable[[Any], Any]) -> Any:
    return tf.nest.map_structure(lambda each: stands_in(each) if _is_iterator(each) else each, arguments)


def _held(thing: Any) -> Any:
    return thing.copy() if isinstance(thing, np.ndarray) else thing


def _handing_on(like: Any, give: Callable[[], Iterator[Any]]) -> Any:
    """Return an iterator of the same type as another: no function is traced anew for it."""
    options = tf.data.Options()
    options.autotune.enabled = False
    options.experimental_optimization.inject_prefetch = False  # the program would miss what is taken ahead
    made = tf.data.Dataset.from_generator(give, output_signature=like.element_spec)
    return iter(made.with_options(options))


def _over(elements: Sequence[Any]) -> Any:
    """Return an iterator over elements, whose shapes may differ."""
    each = [tf.data.Dataset.from_tensors(element) for element in elements]
    return iter(functools.reduce(tf.data.Dataset.concatenate, each) if each else tf.data.Dataset.range(0))
