"""Why a formulation does not give the same gradient twice: which op, or which line, draws."""

from __future__ import annotations

import contextlib
import random
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import numpy as np

from gradcheck.recording import Op, Recording
from gradcheck.source import Span, is_user_file, line_span

VISIBLE = 1e-4
"""The relative difference above which two runs of an op gave different values, not different rounding."""


def first_disagreement(one: Recording, other: Recording) -> Op | None:
    """Return the first op of `one` that took or gave other values in `other`, or None."""
    for op, again in zip(one.ops, other.ops, strict=False):
        if op.type != again.type or len(op.inputs) != len(again.inputs):
            return op
        numbers = zip(op.inputs + op.outputs, again.inputs + again.outputs, strict=True)
        if not all(_same(one.values[a], other.values[b]) for a, b in numbers):
            return op
    return None


def same_draws(one: Recording, other: Recording) -> bool:
    """Return whether the random numbers of both recordings are the same, in the same order."""
    ones, others = (
        [np.ravel(recording.values[op.outputs[0]].numpy()) for op in recording.draws]
        for recording in (one, other)
    )
    return np.array_equal(np.concatenate([[], *ones]), np.concatenate([[], *others]))


class Watchdog:
    """Notes the first line of the user's code in which NumPy's or Python's generator advanced."""

    def __init__(self) -> None:
        self.span: Span | None = None
        self._state: tuple[Any, ...] = ()
        self._before: tuple[str, int] | None = None

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Look after every line that runs inside. Slow: for a run that is known to draw."""
        self._state = _generators()
        former = sys.gettrace()
        sys.settrace(self._called)
        try:
            yield
        finally:
            sys.settrace(former)
            self._look()

    def _called(self, frame: FrameType, event: str, argument: Any) -> Callable[..., Any] | None:
        if self.span is not None or not is_user_file(frame.f_code.co_filename):
            return None
        return self._stepped

    def _stepped(self, frame: FrameType, event: str, argument: Any) -> Callable[..., Any] | None:
        self._look()
        if self.span is not None:
            return None
        self._before = frame.f_code.co_filename, frame.f_lineno
        return self._stepped

    def _look(self) -> None:
        if self.span is None and self._before is not None and _generators() != self._state:
            self.span = line_span(*self._before)


def _generators() -> tuple[Any, ...]:
    state: Any = np.random.get_state()
    return state[1].tobytes(), *state[2:], random.getstate()


def _same(one: Any, other: Any) -> bool:
    if one.dtype != other.dtype or one.shape != other.shape or not hasattr(one, "numpy"):
        return bool(one.dtype == other.dtype and one.shape == other.shape)
    if one.dtype.name in ("resource", "variant"):
        return True
    a, b = one.numpy(), other.numpy()
    if not one.dtype.is_floating or a.dtype.kind != "f":
        return bool(np.array_equal(a, b))
    largest = float(np.abs(a[np.isfinite(a)]).max(initial=0.0))
    return np.allclose(a, b, rtol=VISIBLE, atol=VISIBLE * largest, equal_nan=True)
