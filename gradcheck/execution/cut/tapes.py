"""Tells of the tapes that a script opens, and of the gradients that it takes for variables."""

from __future__ import annotations

import contextlib
import sys
import threading
import weakref
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any

import tensorflow as tf

from gradcheck.errors import ScriptEndedError
from gradcheck.execution.keras_internals import is_step_of_fit
from gradcheck.execution.record.caller import place_of, role
from gradcheck.execution.tensorflow_internals import FILES_OF_TENSORFLOW, is_first_replica
from gradcheck.execution.training.hooks import Hook, put_in_place
from gradcheck.execution.training.listening import unheard
from gradcheck.execution.training.variables import variable_of
from gradcheck.source import node_of, shown_path
from gradcheck.source.blocks import Block


class TapeWatch:
    """Is told of the outermost tapes that this thread opens while ops run one by one."""

    def __init__(self) -> None:
        self.fault: Exception | None = None
        self._thread = threading.get_ident()
        self._opened: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()
        self._open: list[tuple[Any, object, Any]] = []
        self._busy = False

    def opens(self, frame: FrameType) -> Any:
        """Take a frame that opens a tape; return what is to be known of it when its gradient is taken."""

    def took(self, opened: Any, asked: Asked, frame: FrameType) -> None:
        """Take a gradient for variables: of which tape, what was asked, and the frame that asked."""

    def traces(self) -> None:
        """Take that a tape is opened in a function that is being traced."""

    def failed(self, error: Exception) -> None:
        """Take an error of our own, which the script, that may catch errors, is not to see."""
        self.fault = error
        raise ScriptEndedError from error

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Be told of what this thread does inside."""
        around = {"__enter__": self._enter, "__exit__": self._exit, "gradient": self._gradient}
        with contextlib.ExitStack() as stack:
            for name, function in around.items():
                stack.callback(put_in_place(Hook(tf.GradientTape, name), function))
            yield

    def _is_ours(self) -> bool:
        """Return whether a tape is not to be told of: ours, another thread's, or of any replica but the first."""
        if self._busy:
            return True
        if threading.get_ident() == self._thread:
            return False
        return not is_first_replica(threading.current_thread())

    @contextlib.contextmanager
    def ours(self) -> Iterator[None]:
        """Tell what we do with tapes from what the script does."""
        before, self._busy = self._busy, True
        try:
            with unheard():
                yield
        except Exception as error:  # whatever we did wrong, it is not the script's
            self.failed(error)
        finally:
            self._busy = before

    def _enter(self, original: Any, tape: Any) -> Any:
        if self._is_ours():
            return original(tape)
        with self.ours():
            if tf.executing_eagerly():
                self._look(tape)
            else:
                self.traces()
        return original(tape)

    def _look(self, tape: Any) -> None:
        frame = opening(sys._getframe(1))
        if frame is None:
            return
        key = id(frame), frame.f_lineno
        if self._open and self._open[0][1] != key:
            return  # within another tape: a part of its block
        opened = self._open[0][2] if self._open else self.opens(frame)
        self._opened[tape] = opened
        self._open.append((tape, key, opened))

    def _exit(self, original: Any, tape: Any, *error: Any) -> Any:
        self._open = [each for each in self._open if each[0] is not tape]
        return original(tape, *error)

    def _gradient(self, original: Any, tape: Any, *arguments: Any, **named: Any) -> Any:
        if self._is_ours() or not tf.executing_eagerly():
            return original(tape, *arguments, **named)
        before, self._busy = self._busy, True
        try:
            gradients = original(tape, *arguments, **named)
        finally:
            self._busy = before
        frame, opened = opening(sys._getframe(1)), self._opened.get(tape)
        with self.ours():
            asked = Asked(gradients, *arguments, **named)
            if frame is not None and opened is not None and asked.is_for_variables:
                self.took(opened, asked, frame)
        return gradients


class Asked:
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
    def is_for_variables(self) -> bool:
        """Whether it was asked for variables alone."""
        return bool(self.sources) and all(variable_of(source) is not None for source in self.sources)

    @property
    def is_list(self) -> bool:
        """Whether several things were differentiated."""
        return isinstance(self.target, list | tuple | Mapping)

    @property
    def loss(self) -> float:
        """What was differentiated, as a number."""
        return sum(float(tf.reduce_sum(tf.cast(each, tf.float64))) for each in tf.nest.flatten(self.target))


def opening(frame: FrameType | None) -> FrameType | None:
    """Return the frame that opens a tape: the user's, or that of a training step of Keras's own."""
    while frame is not None:
        filename = frame.f_code.co_filename
        if role(filename) == "user":
            return frame
        if is_step_of_fit(frame):
            return frame
        if role(filename) != "ours" and FILES_OF_TENSORFLOW not in filename and "contextlib" not in filename:
            return None
        frame = frame.f_back
    return None


def is_call(block: Block, frame: FrameType) -> bool:
    """Return whether a frame is at the call that ends a block."""
    place = place_of(frame)
    node = None if place is None or place.site is None else node_of(place.site)
    return node is not None and (node.lineno, node.col_offset) == (block.call.lineno, block.call.col_offset)


def where(frame: FrameType) -> str:
    """Return the file and line where a frame is."""
    return f"{shown_path(frame.f_code.co_filename)}:{frame.f_lineno}"
