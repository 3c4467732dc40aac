"""A random number generator that does not need TensorFlow's devices to be initialised."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


class SeededOnUse(tf.random.Generator):  # type: ignore[misc]  # TensorFlow has no types
    """What `tf.random.Generator.from_seed` returns, but that its variable is made when something asks for it."""

    def __init__(self, seed: int) -> None:
        self.__dict__["_from"] = seed  # to set an attribute, TensorFlow would look for others

    def __getattr__(self, name: str) -> Any:
        """Make the state: what is looked for is part of it, or not there at all."""
        seed = self.__dict__.pop("_from", None)
        if seed is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        with tf.init_scope():  # the first to draw may be a function that is being traced
            self.__dict__.update(vars(tf.random.Generator.from_seed(seed)))
        return getattr(self, name)
