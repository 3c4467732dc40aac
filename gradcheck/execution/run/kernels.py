"""TensorFlow's kernels, some of which keep their place in their random numbers, are made anew where one drew.

Making kernels again takes longer than most small losses do. So while somebody watches, it is known whether this
thread ran an op whose kernel keeps state, or the generator of the ops' seeds was advanced, by whichever thread.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from gradcheck.execution.ops.stateful import keeps_state
from gradcheck.execution.run.runners import looking
from gradcheck.execution.tensorflow_internals import forget_kernels, seed_state, set_seed_state


class _Thread(threading.local):
    def __init__(self) -> None:
        self.watching = False
        self.untouched: Any = None
        """Where the generator of seeds stood when no kernel had drawn; None once one may have."""


_thread = _Thread()


@contextlib.contextmanager
def draws_watched() -> Iterator[None]:
    """Know inside whether kernels drew; within another such block this does nothing."""
    if _thread.watching:
        yield
        return
    with looking(_look, past=_stateless):
        _thread.watching = True
        try:
            yield
        finally:
            _thread.watching, _thread.untouched = False, None


_stateless: set[Any] = set()
"""The names of ops whose kernels keep no state, as TensorFlow's functions are given them: text, or bytes."""


def _look(name: Any, _: Any) -> None:
    """Note whether an op's kernel keeps state."""
    if not keeps_state(tf.compat.as_str(name)):
        _stateless.add(name)
    else:
        _thread.untouched = None


def move_seeds(state: tuple[int | None, Any]) -> None:
    """Put the generator of seeds where it is to stand, and keep the kernels."""
    _thread.untouched = None if _may_have_drawn() else state
    set_seed_state(state)


def forget_drawn_kernels() -> None:
    """Throw the kernels away, unless it is known that none drew since that was last done."""
    if _may_have_drawn():
        forget_kernels()
        _thread.untouched = seed_state() if _thread.watching else None


def _may_have_drawn() -> bool:
    return _thread.untouched is None or _thread.untouched != seed_state()
