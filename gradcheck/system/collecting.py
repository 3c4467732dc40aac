"""Python's garbage collector."""

from __future__ import annotations

import contextlib
import functools
import gc
from collections.abc import Iterator


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


@contextlib.contextmanager
def only_new_objects_collected() -> Iterator[None]:
    """Keep garbage collections inside away from the objects that there are already.

    A recording makes so many objects that Python looks through all there are, most of them TensorFlow's, to free
    none. Where somebody had set objects aside before the first time, nothing is done: they could not be told from
    the others.
    """
    if _others_are_set_aside():
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
