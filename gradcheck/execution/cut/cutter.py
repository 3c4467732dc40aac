"""Waits for a tape of a running script, and cuts out the block up to its gradient."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import FrameType
from typing import Any

import tensorflow as tf

from gradcheck.arrays import Array
from gradcheck.errors import ScriptEndedError
from gradcheck.execution.cut.block import CutBlock, batch_of, cut_out
from gradcheck.execution.cut.cutting import NotCutError
from gradcheck.execution.cut.fit import batch_of_fit, cut_fit
from gradcheck.execution.cut.random_state import Generators
from gradcheck.execution.cut.scopes import Scope
from gradcheck.execution.cut.tapes import Asked, TapeWatch, is_call, where
from gradcheck.execution.keras_internals import is_step_of_fit
from gradcheck.execution.ops.dense_gradients import dense
from gradcheck.execution.record.eagerly import exclusively
from gradcheck.execution.training.variables import path_of
from gradcheck.source.blocks import Block, blocks_at

_PATIENCE = 200
"""How many gradients a script may take, once something was cut out or refused, before it is ended."""


@dataclass
class Saved:
    """A block that was cut out, with what the script had.

    Parameters
    ----------
    cut
        The block, and what it read.
    gradients
        By path, what the script's tape gave; None stays None.
    loss
        What was differentiated, as a number.
    generators
        Where the random generators stood when the tape was opened.
    batches
        The batch of this gradient and, where there was one, of the next at this place.
    several
        Whether a list was differentiated.
    """

    cut: CutBlock
    gradients: Mapping[str, Array | None]
    loss: float
    generators: Generators
    batches: list[Mapping[str, Any]]
    several: bool = False


@dataclass
class Opened:
    """A tape that is open, or was: the blocks that may end in a gradient of it, cut out or refused."""

    frame: FrameType
    found: list[tuple[Block | None, CutBlock | NotCutError]]
    generators: Generators
    scope: Scope | None = None

    def ended_by(self, frame: FrameType) -> tuple[Block | None, CutBlock | NotCutError | None]:
        """Return the block whose gradient a frame takes, and what came of cutting it out."""
        for block, cut in self.found:
            if block is None or is_call(block, frame):
                return block, cut
        return None, None


@dataclass
class Refused:
    """A block that could not be cut out."""

    where: str
    error: NotCutError


class Cutter(TapeWatch):
    """Cuts out the block of the first gradient that a script takes for variables, or of one on a given line.

    Parameters
    ----------
    at
        The file and the line: of the tape, its gradient, or anything between.
    """

    def __init__(self, at: tuple[str, int] | None = None) -> None:
        super().__init__()
        self.saved: Saved | None = None
        self.refused: dict[str, Refused] = {}
        self.others: dict[str, None] = {}
        self._at = at
        self._taken = 0

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Wait for it in what this thread does inside; raises `ScriptEndedError` in it when there is enough.

        Functions made by `tf.function` run eagerly meanwhile.
        """
        with exclusively(), self.watching():
            yield

    def opens(self, frame: FrameType) -> Opened:
        """Cut out what may end in the gradient that is wanted."""
        generators = Generators.now()
        if is_step_of_fit(frame):
            saved = self.saved is not None and self._saved_cut().block is None
            found_fit = self._saved_cut() if saved else tried(lambda: cut_fit(frame))
            return Opened(frame, [(None, found_fit)], generators)
        filename, scope = frame.f_code.co_filename, scope_of_frame(frame)
        found: list[tuple[Block | None, CutBlock | NotCutError]] = []
        for block in blocks_at(filename, frame.f_lineno):
            if self._is_wanted(filename, block.lines):
                known = self._is_saved(block)
                cut = self._saved_cut() if known else tried(lambda block=block: cut_out(block, scope))
                found.append((block, cut))
        return Opened(frame, found, generators, scope)

    def _is_wanted(self, filename: str, lines: tuple[int, int]) -> bool:
        if self._at is None:
            return True
        return filename == self._at[0] and lines[0] <= self._at[1] <= lines[1]

    def _is_saved(self, block: Block | None) -> bool:
        saved = None if self.saved is None else self.saved.cut.block
        return self.saved is not None and (block is None or (saved is not None and saved.call is block.call))

    def _saved_cut(self) -> CutBlock:
        assert self.saved is not None
        return self.saved.cut

    def took(self, opened: Opened, asked: Asked, frame: FrameType) -> None:
        """Keep the block that ended in a gradient, or why it cannot be; end the script when there is enough."""
        self._taken += 1
        block, cut = opened.ended_by(frame)
        if cut is not None:
            self._settle(block, cut, asked, opened, where(frame))
        elif self._at is None or (frame.f_code.co_filename, frame.f_lineno) == self._at:
            self.refused[where(frame)] = Refused(where(frame), NotCutError(*_ELSEWHERE))
        if self._is_enough():
            raise ScriptEndedError

    def _settle(
        self,
        block: Block | None,
        cut: CutBlock | NotCutError,
        asked: Asked,
        opened: Opened,
        place: str,
    ) -> None:
        if isinstance(cut, NotCutError):
            self.refused[place] = Refused(place, cut)
            return
        if asked.weighted:
            error = NotCutError("the gradient is taken with output_gradients", "multiply them into the loss")
            self.refused[place] = Refused(place, error)
            return
        if self.saved is None:
            self.refused.pop(place, None)
            self.saved = saved_from(cut, asked, opened)
            self._taken = 0
        elif self.saved.cut is cut and len(self.saved.batches) == 1:
            self._take_second(cut, opened)
        elif not self._is_saved(block):
            self.others[place] = None

    def _take_second(self, cut: CutBlock, opened: Opened) -> None:
        if self.saved is None:
            return
        try:
            names = frozenset(cut.batch)
            batch = batch_of(names, opened.scope) if opened.scope is not None else batch_of_fit(opened.frame)
        except NotCutError:
            return
        if batch.keys() == cut.batch.keys() and _outline(batch) == _outline(cut.batch):
            self.saved.batches.append(batch)

    def _is_enough(self) -> bool:
        if self.saved is not None:
            return len(self.saved.batches) > 1 or self._taken >= _PATIENCE
        return bool(self.refused) and self._taken >= _PATIENCE


_ELSEWHERE = (
    "the gradient is not taken in the function that opens the tape in a `with`",
    "open the tape in a `with … as tape:` and call `tape.gradient` in the same function",
)


def scope_of_frame(frame: FrameType) -> Scope:
    """Return where code in a frame finds what it reads, as it is now."""
    held = inspect.getargvalues(frame).locals
    is_module = held is frame.f_globals  # not by name: what `exec` runs may have local names beside
    return Scope(frame.f_code.co_filename, {} if is_module else dict(held), frame.f_globals)


def saved_from(cut: CutBlock, asked: Asked, opened: Opened) -> Saved:
    """Return a block with the gradient that the script took."""
    gradients = _with_sources(cut, asked)
    return Saved(cut, gradients, asked.loss, opened.generators, [cut.batch], asked.is_list)


def _with_sources(cut: CutBlock, asked: Asked) -> dict[str, Array | None]:
    """Keep which variables the gradient was taken for; return it by their paths."""
    found: dict[str, Array | None] = {}
    for source, gradient in zip(asked.sources, asked.gradients, strict=True):
        path = path_of(source)
        count = sum(other == path or other.startswith(f"{path}#") for other in found)
        path = f"{path}#{count + 1}" if count else path
        key = cut.store.key_of(source)
        if key is None:  # the block does not read it
            key = cut.store.variable(f"unread_{len(found)}", source)
            cut.pieces.statements.append(f'frozen.variable("{key}")  # the block does not read it')
        cut.store.sources[path] = key
        found[path] = None if gradient is None else dense(gradient)
    return found


def _outline(batch: Any) -> Any:
    return tf.nest.map_structure(lambda array: (array.dtype.name, array.shape[1:]), batch)


def tried(cut: Any) -> CutBlock | NotCutError:
    """Return what was cut out, or why it cannot be."""
    try:
        found: CutBlock = cut()
        return found
    except NotCutError as error:
        return error
