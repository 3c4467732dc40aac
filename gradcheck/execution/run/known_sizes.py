"""Tensors kept to sizes like those that are known, while something is tried."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from gradcheck.execution.run.known_ranks import inputs_of, shapes_of
from gradcheck.execution.run.runners import RefusedError, looking
from gradcheck.execution.tensorflow_internals import EagerTensor, count_of_elements
from gradcheck.program.ops import ELEMENTWISE
from gradcheck.program.recording import Recording

_ROOM = 16
"""How many times as large as the largest known tensor one may become."""

_SMALL = 2**20
"""How many elements any tensor may have: a few megabytes."""


class TooLargeError(RefusedError):
    """Two operands would be broadcast to far more than there was before."""


class KnownSizes:
    """The size of the largest tensor of some recordings.

    Without an axis, or with one more, thousands of samples are broadcast against each other to gigabytes, and so
    is what gets another axis in each round of a loop.
    """

    def __init__(self, recordings: Iterable[Recording]) -> None:
        shapes = (info.shape for recording in recordings for info in recording.tensors.values())
        self._most = max(_ROOM * max(map(math.prod, shapes), default=0), _SMALL)
        self._harmless = set[Any]()

    @contextlib.contextmanager
    def kept(self) -> Iterator[None]:
        """Raise a `TooLargeError` before this thread broadcasts operands to a tensor that is too large inside."""
        with looking(self._look, past=self._harmless):
            yield

    def _look(self, name: Any, operands: Sequence[Any]) -> None:
        if name not in _ELEMENTWISE:
            self._harmless.add(name)
            return
        if _at_most(operands) <= self._most:
            return  # as nearly always: shapes take far longer to compare than most ops to run
        shapes = list(shapes_of(inputs_of(operands)))
        if any(None in shape for shape in shapes):
            return  # it is traced, not run
        with contextlib.suppress(ValueError):  # shapes that do not go together: TensorFlow says so itself
            size = math.prod(np.broadcast_shapes(*shapes))
            if size > self._most:
                raise TooLargeError(f"{tf.compat.as_str(name)} would give {size} numbers")


_ELEMENTWISE = frozenset(ELEMENTWISE) | {kind.encode() for kind in ELEMENTWISE}
"""TensorFlow hands on names as they come, some of them as bytes."""


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
