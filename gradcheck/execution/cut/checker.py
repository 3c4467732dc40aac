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
from collections.abc import Callable, Iterator, Mapping
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
from gradcheck.execution.cut.iterators import on_its_own
from gradcheck.execution.cut.random_state import Generators
from gradcheck.execution.cut.tapes import Asked, TapeWatch, where
from gradcheck.execution.cut.values import NotBuiltError
from gradcheck.execution.keras_internals import given_to_step, is_step_of_fit
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

_ITERATOR = (
    "the step is compiled, and takes several batches from an iterator, or such that are no plain tensors",
    "give it the batch, or for `fit` compile the model with run_eagerly=True and steps_per_execution=1",
)


@dataclass
class _Tries:
    """How often a block was reached, and what was kept of it."""

    calls: int = 0
    tries: int = 0
    kept: list[Saved] = field(default_factory=list)
    why_not: NotCutError | None = None
    spare: tuple[str, Saved] | None = None
    """The place, and what was kept of a batch in which all rows of an input are equal, if there is no other."""
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
    given: Callable[[], tuple[Any, ...]]
    named: Mapping[str, Any]
    has_iterator: bool
    """Whether it takes what nobody has kept."""
    place: str
    """The line of the script that called it."""


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
        self._called_at = ""

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
                self._called_at = step.place
                try:
                    step.function(*step.given(), **step.named)
                except Exception as error:  # the user's step, which may need what has changed since
                    name = getattr(step.function, "__name__", "a step")
                    text = f"`{name}` raises when it runs again, op by op: {said(error).splitlines()[0]}"
                    self.why_not.setdefault(f"`{name}`", NotCutError(text, ""))
        self._settle_for_spares()

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
            with self.ours():
                given, step = _kept(function, given, named)
        self._depth, self._traced = 1, False
        try:
            return original(function, *given, **named)
        finally:
            self._depth = 0
            if step is not None and (self._traced or not first):
                self._keep(number, step)

    def _keep(self, number: int, step: _Step) -> None:
        if step.has_iterator:
            self.why_not.setdefault(step.place, NotCutError(*_ITERATOR))
            return
        self._steps.setdefault(number, []).append(step)

    def opens(self, frame: FrameType) -> Opened:
        """Cut out the blocks that are due."""
        found: list[tuple[Block | None, CutBlock | NotCutError]] = []
        if is_step_of_fit(frame):
            tries = self._tries(None, frame)
            if tries.is_due:
                tries.tries += 1
                found.append((None, tried(lambda: cut_fit(frame))))
            return Opened(frame, found, Generators.now())
        scope = scope_of_frame(frame)
        for block in blocks_at(frame.f_code.co_filename, frame.f_lineno):
            tries = self._tries(block, frame)
            if tries.is_due:
                tries.tries += 1
                found.append((block, tried(lambda block=block: cut_out(block, scope))))
        return Opened(frame, found, Generators.now(), scope)

    def _tries(self, block: Block | None, frame: FrameType) -> _Tries:
        tries = self._blocks.setdefault(_key(block, frame), _Tries(anew=self._is_anew))
        tries.calls += 1
        return tries

    def took(self, opened: Opened, asked: Asked, frame: FrameType) -> None:
        """Keep a block whose gradient was taken."""
        block, cut = opened.ended_by(frame)
        if cut is None:
            return
        tries = self._blocks[_key(block, opened.frame)]
        place = self._place(frame)
        if isinstance(cut, CutBlock) and not asked.weighted:
            self._keep_block(tries, cut, asked, opened, place)
        elif isinstance(cut, NotCutError):
            self.why_not[place] = cut
            if not isinstance(cut, NotBuiltError):
                tries.why_not = cut

    def _place(self, frame: FrameType) -> str:
        if not is_step_of_fit(frame):
            return where(frame)
        user = None if self._is_anew else called_by(frame)  # the frame is Keras's
        return self._called_at if user is None else where(user)

    def _keep_block(self, tries: _Tries, cut: CutBlock, asked: Asked, opened: Opened, place: str) -> None:
        size = sum(array.nbytes for array in cut.store.arrays.values())
        if size > _LARGEST:
            tries.why_not = self.why_not[place] = NotCutError(f"the block reads {size >> 20} MiB", "")
            return
        if any(len(array) < 2 for array in tf.nest.flatten(cut.batch)):
            self.why_not[place] = NotCutError("in each batch so far there is one sample", "")
        elif inputs_with_equal_rows(cut.batch) and tries.tries < _PATIENCE:
            tries.spare = tries.spare or (place, saved_from(cut, asked, opened))
        else:
            self.why_not.pop(place, None)
            tries.tries = 0
            tries.kept.append(saved_from(cut, asked, opened))
            self.places[place] = tries.kept

    def _settle_for_spares(self) -> None:
        """Take what does not tell everything, where nothing better came."""
        for tries in self._blocks.values():
            if tries.spare is not None and not tries.kept:
                place, saved = tries.spare
                self.why_not.pop(place, None)
                self.places[place] = [saved]


def inputs_with_equal_rows(batch: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the inputs of which all rows are equal: a wrong pairing of these would change nothing."""
    return tuple(
        name
        for name, nest in batch.items()
        if any(not bool((array != array[:1]).any()) for array in tf.nest.flatten(nest))
    )


def _key(block: Block | None, frame: FrameType) -> object:
    """Return what tells a block from others: its call of `gradient`, or the model whose step of `fit` it is."""
    return id(given_to_step(frame)["self"]) if block is None else block.call


def _kept(function: Any, given: tuple[Any, ...], named: Mapping[str, Any]) -> tuple[tuple[Any, ...], _Step]:
    """Return what to call a function with, and the call as it can be run once more."""
    user = called_by(sys._getframe(1))
    place = "" if user is None else where(user)
    now, again = on_its_own(function, given)
    if now is not given:
        return now, _Step(function, again, named, False, place)
    held = tf.nest.map_structure(_held, given)
    iterates = any(isinstance(each, Iterator) for each in tf.nest.flatten((given, named)))
    return given, _Step(function, lambda: held, tf.nest.map_structure(_held, named), iterates, place)


def _held(thing: Any) -> Any:
    return thing.copy() if isinstance(thing, np.ndarray) else thing
