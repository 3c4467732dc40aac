"""Restore what a formulation changes: the variables that it assigns to, and random state."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

import numpy as np
import tensorflow as tf

from gradcheck.execution import check_eager
from gradcheck.execution.keras_internals import global_seed_generator, set_global_seed_generator
from gradcheck.execution.ops.stateful import keeps_state_in_kernels
from gradcheck.execution.run.assignments import Assignments
from gradcheck.execution.run.kernels import draws_watched, forget_drawn_kernels, move_seeds
from gradcheck.execution.run.own_generators import keras_generator, tensorflow_generator
from gradcheck.execution.run.python_generators import Advance, Outsiders
from gradcheck.execution.run.seeded_generator import SeededOnUse
from gradcheck.execution.tensorflow_internals import (
    global_generator,
    seed_state,
    seed_state_from,
)
from gradcheck.program.recording import Recording
from gradcheck.program.run import Run

_some_loss_draws = False
"""Whether a loss of this process drew from kernels: the next one may well be the same."""


class RandomState:
    """Where random generators stand: the global ones, and those outside TensorFlow that formulations hold.

    What cannot be had is how far each of TensorFlow's kernels has advanced: an op that was given a seed of its
    own starts anew after restoring.
    """

    def __init__(self, formulations: Iterable[Any] = ()) -> None:
        self.outside = Outsiders(formulations)
        self._tensorflow = seed_state()
        self.keras = global_seed_generator()
        self.global_generator = global_generator()

    def restore(self) -> None:
        """Put every generator back to where it stood."""
        # A loss that drew from the same seed has advanced kernels that the next ops would find in the cache.
        forget_drawn_kernels()
        self.restore_generators()

    def restore_generators(self) -> None:
        """Put every generator back, and keep TensorFlow's kernels: right where none of them has drawn."""
        self.outside.restore()
        move_seeds(self._tensorflow)
        set_global_seed_generator(self.keras)
        tf.random.set_global_generator(self.global_generator)


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Start every global generator from `seed`, and put all back on leaving.

    TensorFlow's generator is a variable, and making one makes TensorFlow's devices. It is made when it is first
    drawn from, so that a file that is loaded meanwhile can still say which devices there are.

    Raises
    ------
    CaseError
        Eager execution is off.
    """
    check_eager()
    with draws_watched():
        state = RandomState()
        random.seed(seed)
        np.random.seed(seed % 2**32)
        forget_drawn_kernels()
        move_seeds(seed_state_from(seed))
        tf.random.set_global_generator(SeededOnUse(seed))
        set_global_seed_generator(None)
        try:
            yield
        finally:
            state.restore()


class Frozen:
    """The state of the world at one moment, as far as formulations change it.

    What this thread assigns to a variable is noted before it happens, whoever does it (an optimizer,
    BatchNorm's statistics, the seeds of Dropout layers), and nothing else is put back: other threads may
    train meanwhile.

    A random op of TensorFlow keeps its place in its kernel, so kernels are thrown away wherever one may
    have drawn. Elsewhere they are kept, for making them again takes longer than most ops do.
    """

    def __init__(self, seed: int, formulations: Iterable[Any] = ()) -> None:
        self._seed = seed
        self._kernels: Literal["unknown", "new", "drawn from"] = (
            "drawn from" if _some_loss_draws else "unknown"
        )
        self._random = RandomState(formulations)
        self.assignments = Assignments()

    def start(self, *, draws: bool = True) -> None:
        """Put everything back, and start TensorFlow's and Keras's global generators from the seed.

        Parameters
        ----------
        draws
            Whether what follows may draw from TensorFlow's kernels.
        """
        before = "drawn from" if draws and self._kernels == "unknown" else self._kernels
        self._kernels = before
        self._begin()
        if not draws:
            self._kernels = before

    def run(self, once: Callable[[], Run]) -> Run:
        """Start, and return what `once` gives.

        Whether some kernel was drawn from before is not known at first, and matters only to a loss that
        draws. Few do, so that is found out by running it: where it does, that run does not count.
        """
        global _some_loss_draws  # noqa: PLW0603 - what was seen once saves the next comparisons a run
        unknown = self._kernels == "unknown"
        self._begin()
        done = once()
        if not self._drew(done.recording):
            self._kernels = "unknown" if unknown else "new"
        elif unknown:
            _some_loss_draws = True
            return self.run(once)
        return done

    def _begin(self) -> None:
        self.restore()
        self._kernels = "drawn from"  # until the run has shown otherwise: it may raise
        move_seeds(seed_state_from(self._seed))  # as `tf.random.set_seed` does, but the kernels stay
        if self._random.global_generator is None:
            tf.random.set_global_generator(tensorflow_generator(self._seed))
        if self._random.keras is None:
            set_global_seed_generator(keras_generator(self._seed))

    def _drew(self, recording: Recording) -> bool:
        # A thread of the loss's own is not recorded, but the generator of the seeds is everybody's.
        untouched = seed_state() == seed_state_from(self._seed)
        return not untouched or keeps_state_in_kernels(recording)

    def restore(self) -> None:
        """Put everything back as it was."""
        self.assignments.undo()
        if self._kernels == "drawn from":
            self._random.restore()
        else:
            self._random.restore_generators()

    def advanced(self) -> tuple[Advance, ...]:
        """Return which of the generators outside TensorFlow have advanced since the start."""
        return self._random.outside.advanced()

    def generator_states(self) -> tuple[Any, ...]:
        """Return the current state of the generators outside TensorFlow, for comparison."""
        return self._random.outside.keys()


@contextlib.contextmanager
def frozen(seed: int, formulations: Iterable[Any] = ()) -> Iterator[Frozen]:
    """Restore on exit, whatever happens inside, what this thread assigns and draws.

    Parameters
    ----------
    formulations
        The formulations that will run: the generators outside TensorFlow that they hold are restored as well.
    """
    world = Frozen(seed, formulations)
    with draws_watched(), world.assignments.noting():
        try:
            yield world
        finally:
            world.restore()
