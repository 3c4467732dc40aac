"""Keeps, at a few steps of a script, the block between a tape and its gradient with all that it reads.

Nothing runs again while the script does. A step that is compiled has no values that could be kept. What it was
called with is kept, and when the script has ended it runs once more, op by op, with its optimizer kept from
applying anything.
"""

from __future__ import annotations

import contextlib
import io
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import numpy as np
import tensorflow as tf

from gradcheck.errors import said
from gradcheck.execution.cut.block import CutBlock, cut_out
from gradcheck.execution.cut.cutter import Opened, Saved, saved_from, scope_of_frame, tried
from gradcheck.execution.cut.cutting import NotCutError
from gradcheck.execution.cut.fit import cut_fit
from gradcheck.execution.cut.random_state import Generators
from gradcheck.execution.cut.tapes import Asked, TapeWatch, where
from gradcheck.execution.cut.values import NotBuiltError
from gradcheck.execution.keras_internals import is_step_of_fit
from gradcheck.execution.record.caller import called_by
from gradcheck.execution.record.eagerly import calls_through, exclusively
from gradcheck.execution.run.freeze import frozen
from gradcheck.execution.run.optimizers import intercepted
from gradcheck.source.blocks import Block, blocks_at

STEPS = (1, 10)
"""From which step on a batch is kept, the first and the second."""

_PATIENCE = 20
"""For how many steps a better batch is waited for: one in which not all rows are equal."""

_LARGEST = 1 << 28
"""How many bytes may be kept of a step."""

_FIT = (
    "the step of `fit` is compiled, and gets its data from an iterator",
    "compile the model with run_eagerly=True, or use gradcheck run --save-case",
)


@dataclass
class _Tries:
    """How often a block was reached, and what was kept of it."""

    calls: int = 0
    tries: int = 0
    kept: list[Saved] = field(default_factory=list)
    why_not: NotCutError | None = None
    anew: bool = False
    """Whether it is reached in steps that were kept to be run again: each of them counts."""

    @property
    def is_due(self) -> bool:
        if self.why_not is not None or len(self.kept) == len(STEPS) or self.tries >= _PATIENCE:
            return False
        return self.anew or self.calls >= STEPS[len(self.kept)]


@dataclass(frozen=True)
class _Step:
    """A call of a compiled function, to be run once more."""

    function: Any
    given: tuple[Any, ...]
    named: Mapping[str, Any]


class Checker(TapeWatch):
    """Keeps blocks at a few steps."""

    def __init__(self) -> None:
        super().__init__()
        self.places: dict[str, list[Saved]] = {}
        """By place, what was kept there."""
        self.why_not: dict[str, NotCutError] = {}
        """By place, why nothing was."""
        self._blocks: dict[object, _Tries] = {}
        self._calls: Counter[int] = Counter()
        self._steps: dict[int, list[_Step]] = {}
        self._depth = 0
        self._traced = False
        self._is_anew = False

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Look at what this thread does inside."""
        with self.watching(), calls_through(self._call):
            yield

    def failed(self, error: Exception) -> None:
        """Keep an error of our own, and let the script go on."""
        self.fault = self.fault or error

    def again(self) -> None:
        """Run the steps that were compiled once more, op by op, and keep their blocks."""
        self._is_anew = True
        steps = [step for steps in self._steps.values() for step in steps]
        with contextlib.ExitStack() as stack:
            for context in (exclusively(), intercepted(lambda handed: True), frozen(0), self.watching()):
                stack.enter_context(context)
            stack.enter_context(contextlib.redirect_stdout(io.StringIO()))  # it was printed once
            for step in steps:
                try:
                    step.function(*step.given, **step.named)
                except Exception as error:  # the user's step, which may need what has changed since
                    name = getattr(step.function, "__name__", "a step")
                    text = f"`{name}` raises when it runs again, op by op: {said(error).splitlines()[0]}"
                    self.why_not.setdefault(f"`{name}`", NotCutError(text, ""))

    def traces(self) -> None:
        """Keep that the function which is being called takes gradients."""
        self._traced = True

    def _call(self, original: Any, function: Any, given: Any, named: Any) -> Any:
        if self._depth or self._busy or not tf.executing_eagerly():
            return original(function, *given, **named)
        number = id(function)
        self._calls[number] += 1
        count, first = self._calls[number], number not in self._steps
        step = None
        if (first and count == 1) or (not first and count == STEPS[-1]):
            step = _Step(function, tf.nest.map_structure(_held, given), tf.nest.map_structure(_held, named))
        self._depth, self._traced = 1, False
        try:
            return original(function, *given, **named)
        finally:
            self._depth = 0
            if step is not None and (self._traced or not first):
                self._keep(number, step)

    def _keep(self, number: int, step: _Step) -> None:
        if any(isinstance(each, tf.data.Iterator | Iterator) for each in tf.nest.flatten(step.given)):
            frame = called_by(sys._getframe(1))
            if frame is not None:
                self.why_not.setdefault(where(frame), NotCutError(*_FIT))
            return
        self._steps.setdefault(number, []).append(step)

    def opens(self, frame: FrameType) -> Opened:
        """Cut out the blocks that are due."""
        found: list[tuple[Block | None, CutBlock | NotCutError]] = []
        if is_step_of_fit(frame):
            tries = self._tries(None)
            if tries.is_due:
                tries.tries += 1
                found.append((None, tried(lambda: cut_fit(frame))))
            return Opened(frame, found, Generators.now())
        scope = scope_of_frame(frame)
        for block in blocks_at(frame.f_code.co_filename, frame.f_lineno):
            tries = self._tries(block)
            if tries.is_due:
                tries.tries += 1
                found.append((block, tried(lambda block=block: cut_out(block, scope))))
        return Opened(frame, found, Generators.now(), scope)

    def _tries(self, block: Block | None) -> _Tries:
        key = None if block is None else block.call
        tries = self._blocks.setdefault(key, _Tries(anew=self._is_anew))
        tries.calls += 1
        return tries

    def took(self, opened: Opened, asked: Asked, frame: FrameType) -> None:
        """Keep a block whose gradient was taken."""
        block, cut = opened.ended_by(frame)
        if cut is None:
            return
        tries = self._blocks[None if block is None else block.call]
        user = called_by(frame)  # of a step of `fit` the frame is Keras's
        place = where(frame if user is None else user)
        if isinstance(cut, CutBlock) and not asked.weighted:
            self._keep_block(tries, cut, asked, opened, place)
        elif isinstance(cut, NotCutError):
            self.why_not[place] = cut
            if not isinstance(cut, NotBuiltError):
                tries.why_not = cut

    def _keep_block(self, tries: _Tries, cut: CutBlock, asked: Asked, opened: Opened, place: str) -> None:
        size = sum(array.nbytes for array in cut.store.arrays.values())
        if size > _LARGEST:
            tries.why_not = self.why_not[place] = NotCutError(f"the block reads {size >> 20} MiB", "")
            return
        if _is_telling(cut.batch) or tries.tries >= _PATIENCE:
            self.why_not.pop(place, None)
            tries.tries = 0
            tries.kept.append(saved_from(cut, asked, opened))
            self.places[place] = tries.kept
        else:
            reason = "in each batch so far, all rows of an input are equal, or there is one sample"
            self.why_not[place] = NotCutError(reason, "")


def _is_telling(batch: Mapping[str, Any]) -> bool:
    """Return whether a wrong pairing of rows would change anything: not where all rows of an input are equal."""
    arrays = tf.nest.flatten(batch)
    return all(len(array) > 1 and bool((array != array[:1]).any()) for array in arrays)


def _held(thing: Any) -> Any:
    return thing.copy() if isinstance(thing, np.ndarray) else thing
