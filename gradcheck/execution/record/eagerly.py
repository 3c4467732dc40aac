"""Run `tf.function` objects eagerly for recording, note them, and run them as usual."""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import tensorflow as tf

from gradcheck.execution.tensorflow_internals import (
    CompiledFunction,
    is_run_eagerly,
    map_fn_as_written,
    never_traced,
)
from gradcheck.program.run import Called
from gradcheck.source import Site

_one_at_a_time = threading.RLock()
"""What a recording switches is switched for the whole process, so threads take turns. A formulation may
itself compare two others: the same thread may enter again."""

_users_settings: list[bool] = []
"""Whether functions ran eagerly before a recording switched it; of recordings within each other, all of them."""


@contextlib.contextmanager
def exclusively() -> Iterator[None]:
    """Let one thread at a time run formulations, functions made by `tf.function` eagerly, and all as written."""
    with _one_at_a_time, _functions(eagerly=True), map_fn_as_written():
        yield


@contextlib.contextmanager
def compiled() -> Iterator[None]:
    """Let functions made by `tf.function` run as graphs, one thread at a time."""
    with _one_at_a_time, _functions(eagerly=False):
        yield


@contextlib.contextmanager
def _functions(*, eagerly: bool) -> Iterator[None]:
    setting, level = tf.config.functions_run_eagerly(), tf.get_logger().level
    _users_settings.append(setting)
    tf.config.run_functions_eagerly(eagerly)
    if not eagerly:  # what is warned of while tracing, as of many sizes of a batch, is not the user's doing
        tf.get_logger().setLevel(logging.ERROR)
    try:
        yield
    finally:
        tf.get_logger().setLevel(level)
        tf.config.run_functions_eagerly(setting)
        _users_settings.pop()


@contextlib.contextmanager
def noting(found: list[Called], place: Callable[[FrameType], Site | None]) -> Iterator[None]:
    """Add to `found` each function that this thread calls and that runs eagerly for our sake alone.

    Of functions that call each other it is the outermost.

    Parameters
    ----------
    place
        Returns the place in the user's code for the frame that calls a function.
    """
    depth = 0

    def call(original: Callable[..., Any], function: Any, args: Any, named: Any) -> Any:
        nonlocal depth
        if depth == 0 and is_run_eagerly(function) and not _users_settings[0]:
            found.append(Called(function, place(sys._getframe(2))))
        depth += 1
        try:
            return original(function, *args, **named)
        finally:
            depth -= 1

    with calls_through(call):
        yield


@contextlib.contextmanager
def alone(only: Any, *, anew: bool) -> Iterator[None]:
    """Let `only` run as a graph, and all other functions eagerly.

    Parameters
    ----------
    anew
        Whether a copy of it runs instead that was never traced.
    """
    target = never_traced(only) if anew else only

    def call(original: Callable[..., Any], function: Any, args: Any, named: Any) -> Any:
        if function is not only:
            return original(function, *args, **named)
        with _functions(eagerly=False):
            return original(target, *args, **named)

    with exclusively(), calls_through(call):
        yield


@contextlib.contextmanager
def calls_through(call: Callable[..., Any]) -> Iterator[None]:
    """Hand this thread's calls of functions to `call`, with what would have been called."""
    original = CompiledFunction.__call__
    thread = threading.get_ident()

    def through(function: Any, *args: Any, **named: Any) -> Any:
        if threading.get_ident() != thread:
            return original(function, *args, **named)
        return call(original, function, args, named)

    CompiledFunction.__call__ = through
    try:
        yield
    finally:
        CompiledFunction.__call__ = original
