"""The functions through which Python runs every op, with a look before each op, or something in its place.

TensorFlow's own hook is called after an op, when it is too late for either.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Container, Iterator, Sequence
from typing import Any

import tensorflow as tf

from gradcheck.errors import FaultError
from gradcheck.execution.tensorflow_internals import RUNNERS, replace_runner

Look = Callable[[Any, Sequence[Any]], None]
"""Called with an op's name, and its operands: first of all, or all together in a list.

It may raise a `RefusedError`, or what an op raises that it runs. Anything else is a bug of ours, though the user's
code is running."""

Instead = Callable[[Any, Callable[[], Any]], Any]
"""Called with an op's name, and what runs it; returns its outputs."""


class RefusedError(Exception):
    """An op is not to be run."""


class _Thread(threading.local):
    """What a thread wants to be told of: a formulation may itself compare two others."""

    def __init__(self) -> None:
        self.looks: list[tuple[Look, Container[Any]]] = []
        self.instead: Instead | None = None


_thread = _Thread()
_lock = threading.Lock()
_uses = 0


@contextlib.contextmanager
def looking(look: Look, *, past: Container[Any] = frozenset()) -> Iterator[None]:
    """Call `look` before each op that this thread runs inside.

    Parameters
    ----------
    past
        The names of ops before which it is not called. It may grow.
    """
    entry = look, past
    _thread.looks.append(entry)
    _install(1)
    try:
        yield
    finally:
        _install(-1)
        with contextlib.suppress(ValueError):  # a generator was closed in another thread than it began in
            _thread.looks.remove(entry)


@contextlib.contextmanager
def running_instead(instead: Instead) -> Iterator[None]:
    """Let `instead` run each op that this thread runs inside."""
    before, _thread.instead = _thread.instead, instead
    _install(1)
    try:
        yield
    finally:
        _install(-1)
        _thread.instead = before


def _install(change: int) -> None:
    """Wrap TensorFlow's functions with the first use, and put them back with the last."""
    global _uses
    with _lock:
        before, _uses = _uses, _uses + change
        if bool(before) != bool(_uses):
            for name, (original, name_at) in RUNNERS.items():
                replace_runner(name, _wrapped(original, name_at) if _uses else original)


def _wrapped(execute: Callable[..., Any], name_at: int) -> Callable[..., Any]:
    """Return `execute` with what this thread wants. It runs once per op of the process: keep it short."""

    def run(*arguments: Any) -> Any:
        name = arguments[name_at]
        for look, past in _thread.looks:
            if name not in past:
                # The operands come first behind the name, or all together in a list.
                try:
                    look(name, arguments[name_at + 1 :])
                except (RefusedError, MemoryError, tf.errors.OpError):
                    raise  # an op that a look runs itself may fail for reasons of the user's
                except Exception as error:  # a bug of ours would be taken for an error of the user's code
                    raise FaultError(error) from error
        if _thread.instead is not None:
            return _thread.instead(name, lambda: execute(*arguments))
        return execute(*arguments)

    return run
