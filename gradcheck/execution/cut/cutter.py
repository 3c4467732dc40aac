"""Waits for a tape of a running script, and cuts out the block up to its gradient."""

from __future__ import annotations

import contextlib
import sys
import threading
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import tensorflow as tf

from gradcheck.arrays import Array
from gradcheck.errors import ScriptEndedError
from gradcheck.execution.cut.block import CutBlock, batch_of, cut_out
from gradcheck.execution.cut.cutting import NotCutError
from gradcheck.execution.cut.fit import batch_of_fit, cut_fit, is_fit
from gradcheck.execution.cut.random_state import Generators
from gradcheck.execution.cut.scopes import Scope
from gradcheck.execution.ops.dense_gradients import dense
from gradcheck.execution.record.caller import place_of, role
from gradcheck.execution.record.eagerly import exclusively
from gradcheck.execution.training.hooks import Hook, put_in_place
from gradcheck.execution.training.variables import path_of, variable_of
from gradcheck.source import node_of, shown_path
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
class _Opened:
    """A tape that is open, or was: the blocks that may end in a gradient of it, cut out or refused."""

    key: object
    frame: FrameType | None
    found: list[tuple[Block | None, CutBlock | NotCutError]]
    generators: Generators
    scope: Scope | None = None


@dataclass
class Refused:
    """A block that could not be cut out."""

    where: str
    error: NotCutError


@dataclass
class Cutter:
    """Cuts out the block of the first gradient that a script takes for variables, or of one on a given line.

    Parameters
    ----------
    at
        The file and the line: of the tape, its gradient, or anything between.
    """

    at: tuple[str, int] | None = None
    saved: Saved | None = None
    refused: dict[str, Refused] = field(default_factory=dict)
    others: dict[str, None] = field(default_factory=dict)
    fault: Exception | None = None

    def __post_init__(self) -> None:
        self._thread = threading.get_ident()
        self._opened: weakref.WeakKeyDictionary[Any, _Opened] = weakref.WeakKeyDictionary()
        self._open: list[tuple[Any, _Opened]] = []
        self._busy = False
        self._taken = 0

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Wait for it in what this thread does inside; raises `ScriptEndedError` in it when there is enough.

        Functions made by `tf.function` run eagerly meanwhile.
        """
        around = {"__enter__": self._enter, "__exit__": self._exit, "gradient": self._gradient}
        with contextlib.ExitStack() as stack:
            stack.enter_context(exclusively())
            for name, function in around.items():
                stack.callback(put_in_place(Hook(tf.GradientTape, name), function))
            yield

    def _is_ours(self) -> bool:
        return self._busy or threading.get_ident() != self._thread or not tf.executing_eagerly()

    @contextlib.contextmanager
    def _ours(self) -> Iterator[None]:
        before, self._busy = self._busy, True
        try:
            yield
        except (NotCutError, ScriptEndedError):
            raise
        except (
            Exception
        ) as error:  # ours, not the script's, which may catch it: it is raised after the script
            self.fault = error
            raise ScriptEndedError from error
        finally:
            self._busy = before

    def _enter(self, original: Any, tape: Any) -> Any:
        if not self._is_ours():
            with self._ours():
                self._look(tape)
        return original(tape)

    def _look(self, tape: Any) -> None:
        frame = _opening(sys._getframe(1))
        if frame is None:
            return
        key = id(frame), frame.f_lineno
        if self._open and self._open[0][1].key != key:
            return  # within another tape: a part of its block
        opened = self._open[0][1] if self._open else self._cut(frame, key)
        self._opened[tape] = opened
        self._open.append((tape, opened))

    def _cut(self, frame: FrameType, key: object) -> _Opened:
        generators = Generators.now()
        if is_fit(frame):
            saved = self.saved is not None and self._saved_cut().block is None
            found_fit = self._saved_cut() if saved else _tried(lambda: cut_fit(frame))
            return _Opened(key, frame, [(None, found_fit)], generators)
        filename = frame.f_code.co_filename
        is_module = frame.f_locals is frame.f_globals
        scope = Scope(filename, {} if is_module else dict(frame.f_locals), frame.f_globals)
        found: list[tuple[Block | None, CutBlock | NotCutError]] = []
        for block in blocks_at(filename, frame.f_lineno):
            if self._is_wanted(filename, block.lines):
                if self._is_saved(block):
                    found.append((block, self._saved_cut()))
                else:
                    found.append((block, _tried(lambda block=block: cut_out(block, scope))))
        return _Opened(key, frame, found, generators, scope)

    def _is_wanted(self, filename: str, lines: tuple[int, int]) -> bool:
        if self.at is None:
            return True
        return filename == self.at[0] and lines[0] <= self.at[1] <= lines[1]

    def _is_saved(self, block: Block | None) -> bool:
        saved = None if self.saved is None else self.saved.cut.block
        return self.saved is not None and (block is None or (saved is not None and saved.call is block.call))

    def _saved_cut(self) -> CutBlock:
        assert self.saved is not None
        return self.saved.cut

    def _exit(self, original: Any, tape: Any, *error: Any) -> Any:
        self._open = [(each, opened) for each, opened in self._open if each is not tape]
        return original(tape, *error)

    def _gradient(self, original: Any, tape: Any, *arguments: Any, **named: Any) -> Any:
        if self._is_ours():
            return original(tape, *arguments, **named)
        before, self._busy = self._busy, True
        try:
            gradients = original(tape, *arguments, **named)
        finally:
            self._busy = before
        with self._ours():
            self._take(tape, _Asked(gradients, *arguments, **named), sys._getframe(1))
            if self._is_enough():
                raise ScriptEndedError
        return gradients

    def _take(self, tape: Any, asked: _Asked, frame: FrameType) -> None:
        sources = [variable_of(source) for source in asked.sources]
        if not sources or any(each is None for each in sources):
            return
        caller = _opening(frame)
        opened = self._opened.get(tape)
        if caller is None or opened is None:
            return
        self._taken += 1
        where = f"{shown_path(caller.f_code.co_filename)}:{caller.f_lineno}"
        for block, cut in opened.found:
            if block is None or _is_call(block, caller):
                self._settle(block, cut, asked, opened, where)
                return
        if self.at is None or (caller.f_code.co_filename, caller.f_lineno) == self.at:
            self.refused[where] = Refused(
                where,
                NotCutError(
                    "the gradient is not taken in the function that opens the tape in a `with`",
                    "open the tape in a `with … as tape:` and call `tape.gradient` in the same function",
                ),
            )

    def _settle(
        self,
        block: Block | None,
        cut: CutBlock | NotCutError,
        asked: _Asked,
        opened: _Opened,
        where: str,
    ) -> None:
        if isinstance(cut, NotCutError):
            self.refused[where] = Refused(where, cut)
            return
        if asked.weighted:
            error = NotCutError("the gradient is taken with output_gradients", "multiply them into the loss")
            self.refused[where] = Refused(where, error)
            return
        if self.saved is None:
            self.refused.pop(where, None)
            gradients = _with_sources(cut, asked)
            self.saved = Saved(cut, gradients, asked.loss, opened.generators, [cut.batch], asked.is_list)
            self._taken = 0
        elif self.saved.cut is cut and len(self.saved.batches) == 1:
            self._take_second(cut, opened)
        elif not self._is_saved(block):
            self.others[where] = None

    def _take_second(self, cut: CutBlock, opened: _Opened) -> None:
        if self.saved is None or opened.frame is None:
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


class _Asked:
    """What a tape was asked for, and what it gave."""

    def __init__(
        self,
        gradients: Any,
        target: Any = None,
        sources: Any = None,
        output_gradients: Any = None,
        *_: Any,
        **__: Any,
    ) -> None:
        self.target, self.weighted = target, output_gradients is not None
        self.sources = list(tf.nest.flatten(sources))
        self.gradients = list(tf.nest.flatten(gradients))

    @property
    def is_list(self) -> bool:
        return isinstance(self.target, list | tuple | Mapping)

    @property
    def loss(self) -> float:
        return sum(float(tf.reduce_sum(tf.cast(each, tf.float64))) for each in tf.nest.flatten(self.target))


def _with_sources(cut: CutBlock, asked: _Asked) -> dict[str, Array | None]:
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


def _tried(cut: Any) -> CutBlock | NotCutError:
    try:
        found: CutBlock = cut()
        return found
    except NotCutError as error:
        return error


def _opening(frame: FrameType | None) -> FrameType | None:
    """Return the frame that opens a tape: the user's, or that of a training step of Keras's own."""
    while frame is not None:
        filename = frame.f_code.co_filename
        if role(filename) == "user":
            return frame
        if is_fit(frame):
            return frame
        if (
            role(filename) != "ours"
            and "/tensorflow/python/" not in filename
            and "contextlib" not in filename
        ):
            return None
        frame = frame.f_back
    return None


def _is_call(block: Block, frame: FrameType) -> bool:
    place = place_of(frame)
    node = None if place is None or place.site is None else node_of(place.site)
    return node is not None and (node.lineno, node.col_offset) == (block.call.lineno, block.call.col_offset)
