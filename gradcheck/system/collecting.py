"""Python's garbage collector."""

from __future__ import annotations

import contextlib
import functools
import gc
import threading
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def without_collecting() -> Iterator[None]:
    """Leave cycles uncollected inside, where much is made and nothing thrown away."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@functools.cache
def _others_are_set_aside() -> bool:
    # Asked once: the answer is counted out object by object.
    return gc.get_freeze_count() > 0


_RARER = 10
"""How many times as many objects are made between two collections."""

_lock = threading.Lock()
_inside = 0
_former = gc.get_threshold()


@contextlib.contextmanager
def only_new_objects_collected() -> Iterator[None]:
    """Keep garbage collections inside away from the objects that there are already, and let them come less often.

    A recording makes so many objects that Python looks through all there are, most of them TensorFlow's, to free
    none. What was made inside is looked through as well, again and again while it grows: of collections of
    everything, so many fewer that a loop of a few thousand ops sees none.

    Where somebody had set objects aside before the first time, they could not be told from the others, and none
    are set aside here. It may be used within itself, and by several threads: what counts is the outermost.
    """
    _entered(1)
    try:
        yield
    finally:
        _entered(-1)


def all_objects() -> list[Any]:
    """Return the objects that the collector knows, those that are set aside here as well.

    Not those that somebody else had set aside.
    """
    with _lock:
        ours = bool(_inside) and not _others_are_set_aside()
        if ours:
            gc.unfreeze()
        found: list[Any] = gc.get_objects()
        if ours:
            gc.freeze()
        return found


def _entered(change: int) -> None:
    global _inside, _former  # noqa: PLW0603 - the collector is the process's, too
    with _lock:
        before, _inside = _inside, _inside + change
        if before and _inside:
            return
        if _inside:
            _former = gc.get_threshold()
        youngest, middle, oldest = _former
        rarer = youngest * _RARER, middle, oldest * _RARER
        if _inside:
            gc.set_threshold(*rarer)
        elif gc.get_threshold() == rarer:  # else the user's own code has set others
            gc.set_threshold(*_former)
        if not _others_are_set_aside():
            (gc.freeze if _inside else gc.unfreeze)()
