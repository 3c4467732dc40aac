"""Whether two formulations drew the same random numbers, and which op, or which line, draws."""

from __future__ import annotations

import contextlib
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any

import numpy as np

from gradcheck.arrays import Array, Tensor
from gradcheck.execution.ops.stateful import keeps_its_record
from gradcheck.execution.run.python_generators import Advance
from gradcheck.program.recording import DRAWS, Draws, Op, Recording
from gradcheck.source import Span, is_user_file, line_span

VISIBLE = 1e-4
"""The relative difference above which two runs of an op gave different values, not different rounding."""


def given_alike(one: Recording, other: Recording) -> bool:
    """Return whether two runs ran the same ops, and were given the same numbers where no op computes them.

    Then they differ in no more than the order in which kernels add up.
    """
    if [op.type for op in one.ops] != [op.type for op in other.ops]:
        return False
    for op, again in zip(one.ops, other.ops, strict=True):
        pairs = [pair for pair in zip(op.inputs, again.inputs, strict=False) if one.producer(pair[0]) is None]
        if op.outputs and op.outputs[0] not in one.reads and keeps_its_record(op, one):
            pairs += zip(op.outputs, again.outputs, strict=False)
        if not all(a == b or _same(one.values[a], other.values[b]) for a, b in pairs if a not in one.reads):
            return False
    return True


def first_disagreement(one: Recording, other: Recording) -> Op | None:
    """Return the first op of `one` that took or gave other values in `other`, or None."""
    for op, again in zip(one.ops, other.ops, strict=False):
        if op.type != again.type or len(op.inputs) != len(again.inputs):
            return op
        numbers = zip(op.inputs + op.outputs, again.inputs + again.outputs, strict=True)
        if not all(_same(one.values[a], other.values[b]) for a, b in numbers):
            return op
    return None


@dataclass(frozen=True)
class Drawn:
    """The random numbers of one run: what it recorded, and the generators outside TensorFlow that it advanced."""

    recording: Recording
    advances: Sequence[Advance]

    @property
    def for_the_loss(self) -> bool:
        """Whether the loss is seen to follow from a draw, or may: from a generator outside TensorFlow."""
        return bool(self.advances or self.recording.draws)

    @property
    def at_all(self) -> bool:
        """Whether anything was drawn."""
        return self.for_the_loss or bool(self.recording.all_draws)


def draws_of(one: Drawn, other: Drawn) -> Draws:
    """Return whether both runs drew the same random numbers, in whatever shapes and order of calls.

    Where a generator outside TensorFlow stands afterwards tells how many numbers were taken from it, and
    with where it started, which. Of recorded ops the numbers themselves are compared.
    """
    if not (one.at_all and other.at_all):
        return "one side" if one.at_all or other.at_all else "none"
    taken = [Counter((advance.start, advance.end) for advance in side.advances) for side in (one, other)]
    same = taken[0] == taken[1]
    if same and _same_numbers(one.recording.all_draws, other.recording.all_draws, one, other):
        return "same"
    same = same and _same_numbers(one.recording.draws, other.recording.draws, one, other)
    both = one.for_the_loss and other.for_the_loss
    return "others" if both and not same else "perhaps others"


def _same_numbers(ones: Sequence[Op], others: Sequence[Op], one: Drawn, other: Drawn) -> bool:
    fluid, discrete = zip(_numbers(ones, one.recording), _numbers(others, other.recording), strict=True)
    if not np.array_equal(*discrete) or fluid[0].size != fluid[1].size:
        return False
    return np.allclose(*fluid, rtol=_SAME, atol=0, equal_nan=True)


_SAME = 1e-5
"""How far numbers are apart at most that are the same: those of a gamma distribution follow its parameters."""

_FLUID = ("Gamma", "Normal", "Uniform")


def _numbers(ops: Sequence[Op], recording: Recording) -> tuple[Array, Array]:
    """Return the numbers that `ops` drew: sorted those that are never equal by chance, the others in order."""
    found: tuple[list[Array], list[Array]] = [np.zeros(0)], [np.zeros(0)]
    for op in ops:
        number = op.outputs[0]
        fluid = recording.tensors[number].floating and any(word in op.type for word in _FLUID)
        numbers = np.ravel(recording.array(number).astype(np.float64))
        found[0 if fluid and DRAWS not in op.attributes else 1].append(numbers)
    return np.sort(np.concatenate(found[0])), np.concatenate(found[1])


class Watchdog:
    """Notes the first line of the user's code in which a generator outside TensorFlow advanced.

    Parameters
    ----------
    states
        Tells where the generators stand.
    """

    def __init__(self, states: Callable[[], tuple[Any, ...]]) -> None:
        self.span: Span | None = None
        self._states = states
        self._state: tuple[Any, ...] = ()
        self._before: tuple[str, int] | None = None

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Look after every line that runs inside. Slow: for a run that is known to draw."""
        self._state = self._states()
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
        if self.span is None and self._before is not None and self._states() != self._state:
            self.span = line_span(*self._before)


def _same(one: Tensor, other: Tensor) -> bool:
    if one is other:
        return True
    if one.dtype != other.dtype or one.shape != other.shape or not hasattr(one, "numpy"):
        return bool(one.dtype == other.dtype and one.shape == other.shape)
    if one.dtype.name in ("resource", "variant"):
        return True
    a, b = one.numpy(), other.numpy()
    if np.array_equal(a, b):
        return True
    if not one.dtype.is_floating or a.dtype.kind != "f":
        return False
    largest = float(np.abs(a[np.isfinite(a)]).max(initial=0.0))
    return np.allclose(a, b, rtol=VISIBLE, atol=VISIBLE * largest, equal_nan=True)
