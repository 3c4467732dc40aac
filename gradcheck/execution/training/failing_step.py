"""The first compiled step whose gradient is not finite, run once more when the program has ended, op by op.

In a function that is compiled ops cannot be looked at. What it was called with is kept, and what the variables
were before: a value that is kept costs a copy when it is assigned to, so the first calls alone are watched.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import tensorflow as tf

from gradcheck.execution.record.eagerly import calls_through, exclusively
from gradcheck.execution.record.iterators import KeptArguments, can_be_kept
from gradcheck.execution.run.assignments import Assignments
from gradcheck.execution.run.freeze import frozen
from gradcheck.execution.run.optimizers import intercepted
from gradcheck.execution.tensorflow_internals import is_run_eagerly

_WATCHED = 64
"""So many calls of compiled functions are watched."""


class _Step(NamedTuple):
    function: Any
    arguments: Callable[[], tuple[Any, Any]]
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
        self._kept = KeptArguments()

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Look at the calls of this thread inside."""
        try:
            with calls_through(self._call):
                yield
        finally:
            self._kept.release()

    def _call(self, original: Any, function: Any, given: Any, named: Any) -> Any:
        if self._is_over or not tf.executing_eagerly() or is_run_eagerly(function):
            return original(function, *given, **named)
        self._is_over = True  # for what is called inside
        before, arguments = Assignments(), (given, named)
        with self._kept.handing_on(arguments) as (handed, also), before.noting():
            returned = original(function, *handed, **also)
        self._calls += 1
        failed = self._has_failed()
        self._is_over = failed or self._calls >= _WATCHED
        if failed and can_be_kept(arguments):
            self._step = _Step(function, self._kept.again(arguments), before)
        if self._is_over:
            self._kept.release()
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
        given, named = self._step.arguments()
        with contextlib.ExitStack() as stack:
            for context in (exclusively(), intercepted(lambda handed: True), frozen(0)):
                stack.enter_context(context)
            stack.enter_context(contextlib.redirect_stdout(io.StringIO()))  # it was printed once
            self._step.before.undo()
            stack.enter_context(watched())
            with contextlib.suppress(Exception):  # the user's own step, which may need what has changed since
                self._step.function(*given, **named)
