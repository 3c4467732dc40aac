"""Everything a formulation may change, saved and put back: variables and random state."""

from __future__ import annotations

import contextlib
import gc
import random
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src.backend.common import global_state
from tensorflow.python.eager import context
from tensorflow.python.ops import stateful_random_ops

_KERAS_GENERATOR = "global_seed_generator"


class RandomState:
    """Where every global random generator stands: Python's, NumPy's legacy one, TensorFlow's, Keras's.

    TensorFlow and Keras have setters for theirs and no getters, hence the private names. What cannot be
    had is how far each of TensorFlow's kernels has advanced: an op that was given a seed of its own starts
    anew after restoring.
    """

    def __init__(self) -> None:
        eager = context.context()
        self._python = random.getstate()
        self._numpy = np.random.get_state()
        self._tensorflow_seed = eager._seed
        generator = getattr(eager, "_rng", None)  # absent until a seed was set
        self._tensorflow = None if generator is None else generator.getstate()
        self._keras = global_state.get_global_attribute(_KERAS_GENERATOR)
        self._global_generator = stateful_random_ops.global_generator

    def restore(self) -> None:
        """Put every generator back to where it stood."""
        eager = context.context()
        random.setstate(self._python)
        np.random.set_state(self._numpy)
        eager._seed = self._tensorflow_seed
        eager._rng = None if self._tensorflow is None else random.Random()
        if self._tensorflow is not None:
            eager._rng.setstate(self._tensorflow)
        # A loss that drew from the same seed has advanced kernels that the next ops would find in the cache.
        eager.clear_kernel_cache()
        global_state.set_global_attribute(_KERAS_GENERATOR, self._keras)
        tf.random.set_global_generator(self._global_generator)

    def moved(self) -> list[str]:
        """Return which of the generators outside TensorFlow have advanced since."""
        now = np.random.get_state()
        same = all(np.array_equal(a, b) for a, b in zip(now, self._numpy, strict=True))
        moved = [] if same else ["NumPy's np.random"]
        return moved if random.getstate() == self._python else [*moved, "Python's random"]


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Start every global generator from `seed`, and put all back on leaving."""
    state = RandomState()
    random.seed(seed)
    np.random.seed(seed % 2**32)
    tf.random.set_seed(seed)
    tf.random.set_global_generator(tf.random.Generator.from_seed(seed))
    global_state.set_global_attribute(_KERAS_GENERATOR, None)
    try:
        yield
    finally:
        state.restore()


class Frozen:
    """The state of the world at one moment: every variable alive, and every global generator.

    Variables are found through the garbage collector, since a loss may change any of them, not only the
    ones it is differentiated for (BatchNorm's statistics, the seeds of Dropout layers). Keeping a value
    costs no copy: TensorFlow copies a buffer when it is assigned to while somebody else holds it.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._random = RandomState()
        self._variables = list(_variables_alive())

    def start(self) -> None:
        """Put everything back, and start TensorFlow's and Keras's global generators from the seed."""
        self.restore()
        tf.random.set_seed(self._seed)
        if self._random._global_generator is None:
            tf.random.set_global_generator(tf.random.Generator.from_seed(self._seed))
        if self._random._keras is None:
            generator = keras.random.SeedGenerator(self._seed)
            global_state.set_global_attribute(_KERAS_GENERATOR, generator)

    def restore(self) -> None:
        """Put everything back as it was."""
        for variable, value in self._variables:
            variable.assign(value)
        self._random.restore()

    def generators_moved(self) -> list[str]:
        """Return which of the generators outside TensorFlow have advanced since the start."""
        return self._random.moved()


@contextlib.contextmanager
def frozen(seed: int) -> Iterator[Frozen]:
    """Save the state of the world, and put it back on leaving, whatever happens inside."""
    world = Frozen(seed)
    try:
        yield world
    finally:
        world.restore()


def _variables_alive() -> Iterator[tuple[Any, Any]]:
    kinds = _with_subclasses(tf.Variable)
    for thing in gc.get_objects():
        if type(thing) in kinds:
            with contextlib.suppress(Exception):  # a graph's variable, or one not initialised, has no value
                value = thing.read_value()
                if tf.is_tensor(value) and hasattr(value, "numpy"):
                    yield thing, value


def _with_subclasses(kind: type) -> set[type]:
    kinds = {kind}
    for child in list[type](kind.__subclasses__()):
        kinds |= _with_subclasses(child)
    return kinds
