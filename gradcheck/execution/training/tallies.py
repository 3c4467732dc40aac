"""What is counted of the gradients at one place: call by call, and inside a function that is traced.

A function that is traced counts as it runs, in variables of its own: nothing is asked of Python per step, so that
XLA can compile it. The variables are no `tf.Variable`: those would be the strategy's, and a function may create
them in its first call only.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from gradcheck.execution.training.resources import Resource
from gradcheck.execution.training.sizes import norms, traced_squares, values_of

KEPT = 512
"""Of how many of the last calls the norms are kept, for the median."""


class Tally(NamedTuple):
    """What was counted of one gradient: in how many calls it was what, its first norm, and the last ones."""

    zero: int
    not_finite: int
    first: float
    recent: tuple[float, ...]


class Tallies(NamedTuple):
    """What was counted at a place: one `Tally` per gradient that was not None."""

    calls: int
    each: tuple[Tally, ...]
    dead_units: Any = None


class EagerTallies:
    """Counts gradients that have run.

    Parameters
    ----------
    count
        How many gradients each call has.
    """

    def __init__(self, count: int) -> None:
        self._calls = 0
        self._zero = [0] * count
        self._not_finite = [0] * count
        self._first: list[float] = []
        self._recent: deque[list[float]] = deque(maxlen=KEPT)
        self._alive: dict[int, Any] = {}

    def add(self, gradients: Sequence[Any], vectors: Sequence[int]) -> None:
        """Count one call; `vectors` are the numbers of those gradients whose single elements are looked at."""
        sizes = norms([values_of(gradient) for gradient in gradients])
        self._calls += 1
        self._first = self._first or sizes
        self._recent.append(sizes)
        for number, size in enumerate(sizes):
            if size == 0:
                self._zero[number] += 1
            elif not size < _INFINITE:
                self._not_finite[number] += 1
        if self._calls & (self._calls - 1) == 0 or self._calls <= _LOOKED_AT:
            for number in vectors:
                alive = gradients[number].numpy() != 0
                self._alive[number] = alive | self._alive.get(number, alive)

    def read(self) -> Tallies:
        """Return what was counted so far."""
        columns = list(zip(*self._recent, strict=True)) if self._recent else []
        each = zip(self._zero, self._not_finite, self._first, columns, strict=True) if columns else ()
        return Tallies(
            self._calls,
            tuple(Tally(*one) for one in each),
            {number: ~alive for number, alive in self._alive.items()},
        )


_INFINITE = float("inf")
_LOOKED_AT = 16
"""In so many calls single units are looked at, and later in ever fewer."""


class TracedTallies:
    """Counts the gradients that a function being traced takes whenever it runs.

    Parameters
    ----------
    gradients
        Those of the trace, none of them None.
    vectors
        The numbers of those whose single elements are looked at.
    """

    def __init__(self, gradients: Sequence[Any], vectors: Sequence[int]) -> None:
        self._vectors = [number for number in vectors if gradients[number].shape.is_fully_defined()]
        self._lengths = [gradients[number].shape[0] for number in self._vectors]
        with tf.init_scope():
            self._counts = Resource((3, len(gradients)))
            self._norms = Resource((KEPT + 1, len(gradients)))
            self._alive = Resource((sum(self._lengths),)) if self._vectors else None
        # They are needed as long as the function is: it may be exported.
        tf.compat.v1.get_default_graph().gradcheck_counts = (self._counts, self._norms, self._alive)
        self._count(gradients)

    def _count(self, gradients: Sequence[Any]) -> None:
        sizes = tf.sqrt(traced_squares([values_of(gradient) for gradient in gradients]))
        calls = tf.cast(self._counts.read()[2, 0], tf.int32)
        # The first call has a row of its own; the others take turns.
        row = tf.minimum(calls, 1 + (calls - 1) % KEPT)
        self._norms.put(row, sizes)
        marks = [sizes == 0, sizes - sizes != 0, tf.fill([len(gradients)], True)]
        self._counts.add(tf.cast(tf.stack(marks), tf.float64))
        if self._alive is not None:
            vectors = [gradients[number] for number in self._vectors]
            wide = [
                vector if vector.dtype == tf.float32 else tf.cast(vector, tf.float32) for vector in vectors
            ]
            self._alive.add(tf.cast(tf.concat(wide, axis=0) != 0, tf.float64))

    def read(self) -> Tallies:
        """Return what was counted so far."""
        zero, not_finite, called = self._counts.read().numpy()
        calls = int(called[0])
        table = self._norms.read().numpy()
        first, others = table[0], table[1 : min(calls, KEPT + 1)]
        last = (calls - 2) % KEPT if calls > 1 else 0
        kept = table[:1] if calls <= KEPT else table[:0]
        ordered = np.concatenate([kept, others[last + 1 :], others[: last + 1]])
        each = (
            Tally(int(zero[n]), int(not_finite[n]), float(first[n]), tuple(ordered[:, n].tolist()))
            for n in range(len(zero))
        )
        return Tallies(calls, tuple(each) if calls else (), self._dead() if calls else {})

    def has_failed(self) -> bool:
        """Return whether something was not finite so far."""
        return bool(self._counts.read()[1].numpy().any())

    def _dead(self) -> dict[int, Any]:
        if self._alive is None:
            return {}
        parts = np.split(self._alive.read().numpy() == 0, np.cumsum(self._lengths)[:-1])
        return dict(zip(self._vectors, parts, strict=True))
