"""Global generators of TensorFlow and Keras that stand where a seed starts them, made once per seed.

Making the two takes as long as a small loss and its gradient, and every run of a formulation starts with some.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gradcheck.arrays import Array

_SEEDS = 8
"""For how many seeds generators are kept."""


@dataclass(frozen=True)
class _Kept:
    """A generator, the variable of its state, and what that holds at the start."""

    generator: Any
    state: Any
    start: Array

    def at_start(self) -> Any:
        """Return the generator; whoever still holds it may have drawn from it meanwhile."""
        if not np.array_equal(self.state.numpy(), self.start):
            self.state.assign(self.start)
        return self.generator


def tensorflow_generator(seed: int) -> Any:
    """Return what `tf.random.Generator.from_seed` returns."""
    # Under a strategy its variable has a copy for each replica.
    kept = _tensorflow.__wrapped__(seed) if tf.distribute.has_strategy() else _tensorflow(seed)
    return kept.at_start()


def keras_generator(seed: int) -> Any:
    """Return a `keras.random.SeedGenerator`."""
    kept = _keras.__wrapped__(seed) if tf.distribute.has_strategy() else _keras(seed)
    return kept.at_start()


@functools.lru_cache(_SEEDS)
def _tensorflow(seed: int) -> _Kept:
    made = tf.random.Generator.from_seed(seed)
    return _kept(made, made.state)


@functools.lru_cache(_SEEDS)
def _keras(seed: int) -> _Kept:
    made = keras.random.SeedGenerator(seed)
    return _kept(made, made.state.value)


def _kept(generator: Any, state: Any) -> _Kept:
    return _Kept(generator, state, state.numpy())
