"""What a formulation drew on its batch, and for which sample it runs now."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf


class Draws:
    """What was drawn, draw by draw in order."""

    def __init__(self) -> None:
        self._kept: list[Any] = []
        self._next = 0
        self._first = 0

    def __len__(self) -> int:
        return len(self._kept)

    def keep(self, drawn: Any) -> Any:
        """Keep what was drawn, and return it."""
        self._kept.append(drawn)
        return drawn

    @contextlib.contextmanager
    def begun(self, first: int) -> Iterator[None]:
        """Begin anew with the first draw, for samples from number `first` on."""
        before = self._next, self._first
        self._next, self._first = 0, first
        try:
            yield
        finally:
            self._next, self._first = before

    def rows(self, drawn: Any) -> Any:
        """Return the rows that were kept in place of what is drawn now; what is drawn where nothing fits."""
        number, self._next = self._next, self._next + 1
        if number >= len(self._kept):
            return drawn
        kept = self._kept[number]
        if kept.shape == drawn.shape:
            return kept
        if kept.dtype != drawn.dtype or not drawn.shape.rank or kept.shape[1:] != drawn.shape[1:]:
            return drawn
        # Of another batch, which may have more samples, the first ones draw the same once more.
        rows = (self._first + np.arange(drawn.shape[0])) % kept.shape[0]
        return tf.constant(kept.numpy()[rows])


class _Thread(threading.local):
    """What a thread draws from now."""

    draws: Draws | None = None


_thread = _Thread()


@contextlib.contextmanager
def drawing_from(draws: Draws) -> Iterator[None]:
    """Let what this thread runs inside draw from what was kept."""
    before, _thread.draws = _thread.draws, draws
    try:
        yield
    finally:
        _thread.draws = before


def for_samples(first: int = 0) -> contextlib.AbstractContextManager[None]:
    """Let what runs inside draw what was kept for samples from number `first` on, if anything was."""
    return contextlib.nullcontext() if _thread.draws is None else _thread.draws.begun(first)
