"""TensorFlow's own hook on every op (`tf.debugging.enable_check_numerics` uses it)."""

from __future__ import annotations

import contextlib
import threading
import weakref
from collections.abc import Callable, Iterator

from gradcheck.execution.tensorflow_internals import add_hook, hooks_are_called, remove_hook

Hook = Callable[..., None]


class _Entry:
    """A use of a hook."""

    def __init__(self, hook: Hook, *, pauses: bool) -> None:
        self.hook, self.pauses = hook, pauses


class _Hooks(threading.local):
    """The hooks of a thread, which sees its own ops only; the last of them is called."""

    def __init__(self) -> None:
        self.entered: list[_Entry] = []


_hooks = _Hooks()
_lock = threading.Lock()
_called: weakref.WeakSet[_Entry] = weakref.WeakSet()
"""Those that TensorFlow calls now, in all threads; those of a thread end with it."""


@contextlib.contextmanager
def op_hook(keep: Hook, *, pauses: bool = False) -> Iterator[None]:
    """Call `keep` after every op that runs inside in this thread, with what TensorFlow's hook tells of it.

    Of hooks within each other the innermost alone is called: a comparison in a program that is watched
    is not watched. They need not be left in order.

    Parameters
    ----------
    pauses
        Whether it may be left out where nothing of the user's runs.
    """
    entry, entered = _Entry(keep, pauses=pauses), _hooks.entered
    _replace(entered[-1] if entered else None, entry)
    entered.append(entry)
    try:
        yield
    finally:
        _leave(entry)


@contextlib.contextmanager
def paused() -> Iterator[None]:
    """Leave out the innermost hook of this thread inside, if it pauses: with a hook, each op takes longer."""
    entry = _hooks.entered[-1] if _hooks.entered else None
    if entry is None or not entry.pauses:
        yield
        return
    _replace(entry, None)
    try:
        yield
    finally:
        if entry in _hooks.entered[-1:]:
            _replace(None, entry)


def _leave(entry: _Entry) -> None:
    entered = _hooks.entered
    if entry not in entered:  # a generator was closed in another thread than it began in
        with _lock:
            _called.discard(entry)
            hooks_are_called(bool(_called))
        return
    was_last = entry is entered[-1]
    entered.remove(entry)
    if was_last:
        _replace(entry, entered[-1] if entered else None)


def _replace(old: _Entry | None, new: _Entry | None) -> None:
    with _lock:
        if old is not None:
            remove_hook(old.hook)
            _called.discard(old)
        if new is not None:
            add_hook(new.hook)
            _called.add(new)
        hooks_are_called(bool(_called))
