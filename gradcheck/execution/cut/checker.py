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

import tensorflow as tf

from gradcheck.errors import said
from gradcheck.execution.cut.block import CutBlock, cut_out
from gradcheck.execution.cut.cutter import Opened, Saved, saved_from, scope_of_frame, tried
from gradcheck.execution.cut.cutting import NotCutError
from gradcheck.execution.cut.fit import cut_fit
from gradcheck.execution.cut.random_state import Generators
from gradcheck.execution.cut.tapes import Asked, TapeWatch, where
from gradcheck.execution.cut.values import NotBuiltError
from gradcheck.execution.keras_internals import given_to_step, is_step_of_fit
from gradcheck.execution.record.caller import called_by
from gradcheck.execution.record.eagerly import calls_through, exclusively
from gradcheck.execution.record.iterators import KeptArguments, can_be_kept
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
    "the step is compiled, and takes its data from an iterator other than a tf.data iterator over tensors",
    "give it the batch, or for `fit` compile the model with run_eagerly=True",
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
    arguments: Callable[[], tuple[Any, Any]]
    """Makes what it was called with."""
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
        steps = [(step, step.arguments()) for steps in self._steps.values() for step in steps]
        with contextlib.ExitStack() as stack:
            for context in (exclusively(), intercepted(lambda handed: True), frozen(0), self.watching()):
                stack.enter_context(context)
            stack.enter_context(contextlib.redirect_stdout(io.StringIO()))  # it was printed once
            for step, (given, named) in steps:
                self._called_at = step.place
                try:
                    step.function(*given, **named)
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
        if (first and count == 1) or (not first and count == STEPS[-1]):
            return self._called_and_kept(original, function, given, named)
        self._depth = 1
        try:
            return original(function, *given, **named)
        finally:
            self._depth = 0

    def _called_and_kept(self, original: Any, function: Any, given: Any, named: Any) -> Any:
        """Call a function, and keep the call if gradients are taken in it, as they were in an earlier one."""
        kept, arguments, place = KeptArguments(), (given, named), self._caller()
        self._depth, self._traced = 1, False
        try:
            with kept.handing_on(arguments) as (handed, also):
                return original(function, *handed, **also)
        finally:
            self._depth = 0
            if self._traced or id(function) in self._steps:
                if can_be_kept(arguments):
                    step = _Step(function, kept.again(arguments), place)
                    self._steps.setdefault(id(function), []).append(step)
                else:
                    self.why_not.setdefault(place, NotCutError(*_ITERATOR))
            kept.release()

    def _caller(self) -> str:
        user = called_by(sys._getframe(1))
        return "" if user is None else where(user)

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
