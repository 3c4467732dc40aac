"""Everything a formulation may change, saved and put back: variables and random state."""

from __future__ import annotations

import contextlib
import gc
import random
from collections.abc import Callable, Iterator
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf
from keras.src.backend.common import global_state
from tensorflow.python.eager import context
from tensorflow.python.ops import stateful_random_ops

from gradcheck.execution import check_eager
from gradcheck.execution.generator import SeededOnUse
from gradcheck.execution.repeats import keeps_state_in_kernels
from gradcheck.execution.run import Run
from gradcheck.recording import Recording

_KERAS_GENERATOR = "global_seed_generator"

_some_loss_draws = False
"""Whether a loss of this process drew from kernels: the next one may well be the same."""


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
        self.restore_generators()
        # A loss that drew from the same seed has advanced kernels that the next ops would find in the cache.
        context.context().clear_kernel_cache()

    def restore_generators(self) -> None:
        """Put every generator back, and keep TensorFlow's kernels: right where none of them has drawn."""
        eager = context.context()
        random.setstate(self._python)
        np.random.set_state(self._numpy)
        eager._seed = self._tensorflow_seed
        eager._rng = None if self._tensorflow is None else random.Random()
        if self._tensorflow is not None:
            eager._rng.setstate(self._tensorflow)
        global_state.set_global_attribute(_KERAS_GENERATOR, self._keras)
        tf.random.set_global_generator(self._global_generator)

    def moved(self) -> list[str]:
        """Return which of the generators outside TensorFlow have advanced since."""
        now = np.random.get_state()
        same = all(np.array_equal(a, b) for a, b in zip(now, self._numpy, strict=True))
        moved = [] if same else ["NumPy's np.random"]
        return moved if random.getstate() == self._python else [*moved, "Python's random"]


@contextlib.contextmanager
def seeded(seed: int, *, on_use: bool = False) -> Iterator[None]:
    """Start every global generator from `seed`, and put all back on leaving.

    TensorFlow's generator is a variable, and making one makes TensorFlow's devices. With `on_use` it is made
    when it is first drawn from, so that a file that is loaded meanwhile can still say which devices there are.

    Raises
    ------
    CaseError
        Eager execution is off.
    """
    check_eager()
    state = RandomState()
    random.seed(seed)
    np.random.seed(seed % 2**32)
    tf.random.set_seed(seed)
    made = SeededOnUse(seed) if on_use else tf.random.Generator.from_seed(seed)
    tf.random.set_global_generator(made)
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

    A random op of TensorFlow keeps its place in its kernel, so kernels are thrown away wherever one may
    have drawn. Elsewhere they are kept, for making them again takes longer than most ops do.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._kernels: Literal["unknown", "new", "drawn from"] = (
            "drawn from" if _some_loss_draws else "unknown"
        )
        self._random = RandomState()
        self._variables = list(_variables_alive())

    def start(self) -> None:
        """Put everything back, and start TensorFlow's and Keras's global generators from the seed."""
        if self._kernels == "unknown":
            self._kernels = "drawn from"
        self._begin()

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
        _start_tensorflow_from(self._seed)
        if self._random._global_generator is None:
            tf.random.set_global_generator(tf.random.Generator.from_seed(self._seed))
        if self._random._keras is None:
            generator = keras.random.SeedGenerator(self._seed)
            global_state.set_global_attribute(_KERAS_GENERATOR, generator)

    def _drew(self, recording: Recording) -> bool:
        # A thread of the loss's own is not recorded, but the generator of the seeds is everybody's.
        untouched = context.context()._rng.getstate() == random.Random(self._seed).getstate()
        return not untouched or keeps_state_in_kernels(recording)

    def restore(self) -> None:
        """Put everything back as it was."""
        for variable, value in self._variables:
            variable.assign(value)
        if self._kernels == "drawn from":
            self._random.restore()
        else:
            self._random.restore_generators()

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


def _start_tensorflow_from(seed: int) -> None:
    """Do what `tf.random.set_seed` does, except that the kernels stay."""
    eager = context.context()
    eager._seed = seed
    eager._rng = random.Random(seed)


_known: list[Any] = []
"""Variables that the garbage collector does not show, within `known_variables`."""


@contextlib.contextmanager
def known_variables() -> Iterator[None]:
    """Look through everything alive once, for many comparisons: inside, only what is new is looked through.

    Where the garbage collector is frozen already, by whoever runs this, it is left as it is.
    """
    if gc.get_freeze_count() or _known:
        yield
        return
    _known[:] = _among(gc.get_objects())
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        _known.clear()


def _among(things: list[Any]) -> list[Any]:
    kinds = _with_subclasses(tf.Variable)
    return [thing for thing in things if type(thing) in kinds]


def _variables_alive() -> Iterator[tuple[Any, Any]]:
    for thing in (*_known, *_among(gc.get_objects())):
        with contextlib.suppress(Exception):  # a graph's variable, or one not initialised, has no value
            value = thing.read_value()
            if tf.is_tensor(value) and hasattr(value, "numpy"):
                yield thing, value


def _with_subclasses(kind: type) -> set[type]:
    kinds = {kind}
    for child in list[type](kind.__subclasses__()):
        kinds |= _with_subclasses(child)
    return kinds
