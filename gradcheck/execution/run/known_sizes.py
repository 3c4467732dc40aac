"""Tensors kept to sizes like those that are known, while something is tried."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from gradcheck.execution.ops.operands import told_apart
from gradcheck.execution.ops.sizes import size_given, sizes_up
from gradcheck.execution.run.known_ranks import shapes_of
from gradcheck.execution.run.runners import RefusedError, looking
from gradcheck.execution.tensorflow_internals import EagerTensor, count_of_elements
from gradcheck.program.ops import ELEMENTWISE
from gradcheck.program.recording import Recording

_ROOM = 16
"""How many times as large as the largest known tensor one may become."""

_SMALL = 2**20
"""How many elements any tensor may have: a few megabytes."""


class TooLargeError(RefusedError):
    """An op would give far more numbers than there were before."""


class KnownSizes:
    """The size of the largest tensor of some recordings.

    Without an axis, or with one more, thousands of samples are broadcast against each other to gigabytes, and so
    is what gets another axis in each round of a loop. A system that runs out of memory kills the process.
    """

    def __init__(self, recordings: Iterable[Recording]) -> None:
        shapes = (info.shape for recording in recordings for info in recording.tensors.values())
        self._most = max(_ROOM * max(map(math.prod, shapes), default=0), _SMALL)
        self._harmless = set[Any]()

    @contextlib.contextmanager
    def kept(self) -> Iterator[None]:
        """Raise a `TooLargeError` before this thread makes a tensor that is too large inside.

        By what is broadcast, by a product of matrices, or by a length that is computed. Not everything is seen:
        what NumPy makes, or an op of another kind.
        """
        with looking(self._look, past=self._harmless):
            yield

    def _look(self, name: Any, operands: Sequence[Any]) -> None:
        kind = tf.compat.as_str(name)
        if kind not in ELEMENTWISE and not sizes_up(kind):
            self._harmless.add(name)
            return
        size = self._broadcast(kind, operands) if kind in ELEMENTWISE else size_given(kind, operands)
        if size > self._most:
            raise TooLargeError(f"{kind} would give {size} numbers")

    def _broadcast(self, kind: str, operands: Sequence[Any]) -> int:
        """Return how many numbers an op gives that runs element by element; 0 for few."""
        if _at_most(operands) <= self._most:
            return 0  # as nearly always: shapes take far longer to compare than most ops to run
        inputs, _ = told_apart(kind, operands)
        shapes = list(shapes_of(inputs))
        if any(None in shape for shape in shapes):
            return 0  # it is traced, not run
        with contextlib.suppress(ValueError):  # they do not go together: TensorFlow says so itself
            return math.prod(np.broadcast_shapes(*shapes))
        return 0


def _at_most(operands: Iterable[Any]) -> int:
    """Return how many numbers some operands give at most, whatever their shapes are."""
    most = 1
    for one in operands:
        if isinstance(one, EagerTensor):
            most *= max(count_of_elements(one), 1)
        elif isinstance(one, list | tuple):
            most *= max(len(one), 1) * _at_most(one)
        elif isinstance(one, np.ndarray):
            most *= max(one.size, 1)
        elif isinstance(one, tf.Variable):
            most *= one.shape.num_elements() or 1
    return most
