"""Tensors kept to sizes like those that are known, while something is tried."""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from gradcheck.execution.run.known_ranks import inputs_of, shapes_of
from gradcheck.execution.run.runners import looking
from gradcheck.program.ops import ELEMENTWISE
from gradcheck.program.recording import Recording

_ROOM = 16
"""How many times as large as the largest known tensor one may become."""

_SMALL = 2**20
"""How many elements any tensor may have: a few megabytes."""

_HARMLESS = 2**26
"""A tensor of as many elements, of two axes more than there are, is a nuisance and no danger: 256 MiB."""


class TooLargeError(Exception):
    """Two operands would be broadcast to far more than there was before."""


class KnownSizes:
    """The size of the largest tensor of some recordings.

    Without an axis, or with one more, thousands of samples are broadcast against each other to gigabytes.
    """

    def __init__(self, recordings: Iterable[Recording]) -> None:
        shapes = [info.shape for recording in recordings for info in recording.tensors.values()]
        largest = max(map(math.prod, shapes), default=0)
        longest = max(itertools.chain.from_iterable(shapes), default=0)
        self._most = max(_ROOM * largest, _SMALL)
        # A look before each op takes long: most programs are so small that it is not needed.
        self._is_needed = largest * longest**2 > _HARMLESS
        self._harmless = set[Any]()

    @contextlib.contextmanager
    def kept(self) -> Iterator[None]:
        """Raise a `TooLargeError` before this thread broadcasts operands to a tensor that is too large inside."""
        with looking(self._look, past=self._harmless) if self._is_needed else contextlib.nullcontext():
            yield

    def _look(self, name: Any, operands: Sequence[Any]) -> None:
        kind = tf.compat.as_str(name)
        if kind not in ELEMENTWISE:
            self._harmless.add(name)
            return
        shapes = list(shapes_of(inputs_of(operands)))
        if any(None in shape for shape in shapes):
            return  # it is traced, not run
        with contextlib.suppress(ValueError):  # shapes that do not go together: TensorFlow says so itself
            size = math.prod(np.broadcast_shapes(*shapes))
            if size > self._most:
                raise TooLargeError(f"{kind} would give {size} numbers")
