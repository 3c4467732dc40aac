"""Where the global random generators of a script stand, to let a block draw the same numbers again."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.execution.keras_internals import global_seed_generator, set_global_seed_generator
from gradcheck.execution.tensorflow_internals import forget_kernels, seed_state, set_seed_state


@dataclass(frozen=True)
class Generators:
    """The states of the generators of Python, NumPy and TensorFlow, and of the one that Keras draws seeds from."""

    python: Any
    numpy: Any
    tensorflow: Any
    keras: Any

    @classmethod
    def now(cls) -> Generators:
        """Return where they stand."""
        keras = global_seed_generator()
        state = None if keras is None else keras.state.value.numpy()
        return cls(random.getstate(), np.random.get_state(), seed_state(), state)

    def restore(self) -> None:
        """Put them back."""
        random.setstate(self.python)
        np.random.set_state(self.numpy)
        set_seed_state(self.tensorflow)
        forget_kernels()
        keras = global_seed_generator()
        if keras is not None and self.keras is not None:
            keras.state.assign(self.keras)
        elif self.keras is None:
            set_global_seed_generator(None)
