"""The first compiled step whose gradient is not finite, run once more when the program has ended, op by op.

In a function that is compiled ops cannot be looked at. What it was called with is kept, and what the variables
were before: a value that is kept costs a copy when it is assigned to, so the first calls alone are watched.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from gradcheck.execution.record.eagerly import calls_through, exclusively
from gradcheck.execution.run.assignments import Assignments
from gradcheck.execution.run.freeze import frozen
from gradcheck.execution.run.optimizers import intercepted
from gradcheck.execution.tensorflow_internals import is_run_eagerly

_WATCHED = 64
"""So many calls of compiled functions are watched."""


class _Step(NamedTuple):
    function: Any
    given: tuple[Any, ...]
    named: Mapping[str, Any]
    before: Assignments


class FailingStep:
    """Keeps the first call of a compiled function in which something fails.

    Parameters
    ----------
    has_failed
        Tells after a call whether it did.
    """

    def __init__(self, has_failed: Callable[[], bool]) -> None:
        self._has_failed = has_failed
        self._calls = 0
        self._is_over = False
        self._step: _Step | None = None

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Look at the calls of this thread inside."""
        with calls_through(self._call):
            yield

    def _call(self, original: Any, function: Any, given: Any, named: Any) -> Any:
        if self._is_over or not tf.executing_eagerly() or is_run_eagerly(function):
            return original(function, *given, **named)
        self._is_over = True  # for what is called inside
        before = Assignments()
        with before.noting():
            returned = original(function, *given, **named)
        self._calls += 1
        failed = self._has_failed()
        self._is_over = failed or self._calls >= _WATCHED
        if failed and not any(isinstance(each, Iterator) for each in tf.nest.flatten((given, named))):
            held = tf.nest.map_structure(_held, (given, named))
            self._step = _Step(function, held[0], held[1], before)
        return returned

    def run_again(self, watched: Callable[[], contextlib.AbstractContextManager[Any]]) -> None:
        """Run the step that was kept once more, from where the variables stood, and put everything back.

        It may draw other random numbers. Whatever it raises, it gave its gradient before: that is not told.

        Parameters
        ----------
        watched
            Entered around it.
        """
        if self._step is None:
            return
        with contextlib.ExitStack() as stack:
            for context in (exclusively(), intercepted(lambda handed: True), frozen(0)):
                stack.enter_context(context)
            stack.enter_context(contextlib.redirect_stdout(io.StringIO()))  # it was printed once
            self._step.before.undo()
            stack.enter_context(watched())
            with contextlib.suppress(Exception):  # the user's own step, which may need what has changed since
                self._step.function(*self._step.given, **self._step.named)


def _held(thing: Any) -> Any:
    return thing.copy() if isinstance(thing, np.ndarray) else thing
