"""A script's gradients, recorded while it runs: the first ones at each place where it takes some."""

from __future__ import annotations

import contextlib
import sys
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import numpy as np
import tensorflow as tf

from gradcheck.errors import ScriptEndedError
from gradcheck.execution.record.caller import Caller, called_by, place_of
from gradcheck.execution.record.eagerly import exclusively, noting
from gradcheck.execution.run.optimizers import intercepted
from gradcheck.execution.scripts.generators import States, generator_states
from gradcheck.execution.scripts.segments import Segment
from gradcheck.execution.training.hooks import Hook, put_in_place
from gradcheck.execution.training.variables import identity, path_of, variable_of
from gradcheck.program.run import Called, Run
from gradcheck.source import Site, Span, line_span, span_of

RECORDED = 2
"""How many gradients are recorded at each place: one to compare, and one to prove a repair on."""

_MORE = 10
"""How many more gradients a script may take, once all known places are done, until it reaches an expected one."""

_IDLE = 100
"""How many more it may take while there is nothing to record: a place may be reached once and never again."""

_MOST_PLACES = 64
"""Of a script that makes new variables for ever, each of which is a place of its own."""


@dataclass(frozen=True)
class Taken:
    """A gradient that a script took.

    Parameters
    ----------
    run
        What was recorded of the loss.
    generators
        Where the random generators stood afterwards.
    """

    run: Run
    generators: States


@dataclass
class TakenAt:
    """The first gradients that a script takes at one place, for the same variables.

    Parameters
    ----------
    caller
        The call that takes them.
    variables
        What they are taken for, by path.
    obstacle
        Why they cannot be recorded; "" where they can.
    """

    caller: Caller
    variables: Mapping[str, Any]
    obstacle: str = ""
    taken: list[Taken] = field(default_factory=list)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shapes of the variables by path."""
        return {path: tuple(variable.shape.as_list()) for path, variable in self.variables.items()}

    @property
    def span(self) -> Span:
        """The call that takes them, or its line."""
        site = self.caller.site
        return line_span(self.caller.filename, self.caller.line) if site is None else span_of(site)

    def put_weights_back(self) -> None:
        """Give the variables the values that the first gradient was taken with, where the script changed them."""
        for path, start in (self.taken[0].run.start if self.taken else {}).items():
            if not np.array_equal(self.variables[path].numpy(), start.numpy(), equal_nan=True):
                self.variables[path].assign(start)

    @property
    def is_done(self) -> bool:
        """Whether as much is recorded as will be."""
        return bool(self.obstacle) or len(self.taken) >= RECORDED


class Capture:
    """Records what a script differentiates, and ends it when there is enough.

    Parameters
    ----------
    side
        ``reference`` or ``candidate``.
    line
        The line whose gradients are wanted; None for those of all.
    expected
        Lines of the script in which it seems to take gradients: it is waited for these, for a while.
    names
        Returns the globals of the script.
    """

    def __init__(
        self, side: str, line: int | None, expected: frozenset[int], names: Callable[[], Mapping[str, Any]]
    ) -> None:
        self.places: dict[object, TakenAt] = {}
        self.functions: list[Called] = []
        self.fault: Exception | None = None
        self.lines: set[int] = set()
        """The lines in which gradients were taken, recorded or not."""
        self._side, self._line, self._expected, self._names = side, line, expected, names
        self._thread = threading.get_ident()
        self._segments: weakref.WeakKeyDictionary[Any, Segment] = weakref.WeakKeyDictionary()
        self._open: list[Any] = []
        self._now: Segment | None = None
        self._busy = False
        self._idle = 0
        self._applying = contextlib.ExitStack()
        self._applying_is_off = False

    @contextlib.contextmanager
    def capturing(self) -> Iterator[None]:
        """Record what this thread does inside; raises `ScriptEndedError` in it when there is enough.

        Functions made by `tf.function` run eagerly meanwhile. Optimizers apply nothing, and what else changes the
        variables is undone before the next tape, so that all gradients are for the weights of the first.
        """
        around = {"__enter__": self._enter, "__exit__": self._exit, "gradient": self._gradient}
        with contextlib.ExitStack() as stack:
            stack.enter_context(exclusively())
            stack.enter_context(noting(self.functions, _site_of))
            for name, function in around.items():
                stack.callback(put_in_place(Hook(tf.GradientTape, name), function))
            stack.callback(self._leave)
            yield

    def _leave(self) -> None:
        with self._ours():
            if self._now is not None:
                self._now.pause()
            self._applying.close()

    def _is_ours(self) -> bool:
        return self._busy or threading.get_ident() != self._thread or not tf.executing_eagerly()

    @contextlib.contextmanager
    def _ours(self) -> Iterator[None]:
        """Tell what we do with tapes from what the script does."""
        before, self._busy = self._busy, True
        try:
            yield
        finally:
            self._busy = before

    def _enter(self, original: Any, tape: Any) -> Any:
        if self._is_ours():
            return original(tape)
        with self._ours():
            if not self._open:
                self._begin()
            if self._now is not None:
                self._segments[tape] = self._now
            self._open.append(tape)
            return original(tape)

    def _begin(self) -> None:
        if not self._applying_is_off:
            # Only now: the script may import another Keras, or define an optimizer, before its first tape.
            self._applying.enter_context(intercepted(lambda handed: True))
            self._applying_is_off = True
        self._now = None if self._is_enough() else Segment()
        if self._now is not None:
            for place in self.places.values():
                place.put_weights_back()
            self._now.record()

    def _exit(self, original: Any, tape: Any, *error: Any) -> Any:
        if self._is_ours() or tape not in self._open:
            return original(tape, *error)
        with self._ours():
            ended = original(tape, *error)
            self._open.remove(tape)
            if not self._open and self._now is not None:
                self._now.pause()
                self._now = None
            return ended

    def _gradient(self, original: Any, tape: Any, *arguments: Any, **named: Any) -> Any:
        if self._is_ours():
            return original(tape, *arguments, **named)
        with self._ours():
            gradients = original(tape, *arguments, **named)
            if sys._getframe(2).f_code.co_filename != _TAPES:  # else it is a part of a jacobian
                self._look(tape, _asked(gradients, *arguments, **named))
        if self._is_enough():
            raise ScriptEndedError
        return gradients

    def _look(self, tape: Any, asked: _Asked) -> None:
        try:
            self._took(tape, asked)
        except (
            Exception
        ) as error:  # ours, not the script's, which may catch it: it is raised after the script
            self.fault = error
            raise ScriptEndedError from error

    def _took(self, tape: Any, asked: _Asked) -> None:
        frame = called_by(sys._getframe(1))
        caller = None if frame is None else place_of(frame)
        sources = [variable_of(source) for source in asked.flat_sources]
        if caller is None or any(each is None for each in sources):
            return
        self.lines.add(caller.line)
        self._idle += 1
        if self._line is not None and caller.line != self._line:
            return
        place = self._place(caller, asked, sources)
        segment = self._segments.get(tape)
        if place.is_done or segment is None:
            return
        with self._paused():
            run = segment.run_of(self._side, asked.targets, place.variables, asked.flat_gradients)
        self._idle = 0
        place.taken.append(Taken(run, generator_states(self._names())))

    @contextlib.contextmanager
    def _paused(self) -> Iterator[None]:
        """Keep what we do from being recorded, where the script takes a gradient with a tape still open."""
        now = self._now
        if now is not None:
            now.pause()
        try:
            yield
        finally:
            if now is not None:
                now.record()

    def _place(self, caller: Caller, asked: _Asked, sources: Sequence[Any]) -> TakenAt:
        key = caller.site or (caller.filename, caller.line), tuple(map(identity, sources))
        if key not in self.places:
            self._idle = 0
            paths = _told_apart([path_of(source) for source in asked.flat_sources])
            variables = dict(zip(paths, sources, strict=True))
            self.places[key] = TakenAt(caller, variables, asked.obstacle())
        return self.places[key]

    def _is_full(self) -> bool:
        return bool(self.places) and all(place.is_done for place in self.places.values())

    def _is_enough(self) -> bool:
        if not self._is_full():
            return self._idle >= _IDLE or len(self.places) > _MOST_PLACES
        return self._line is not None or not self._expected - self.lines or self._idle >= _MORE


@dataclass(frozen=True)
class _Asked:
    """What a tape was asked for, and what it gave."""

    target: Any
    sources: Any
    gradients: Any
    weighted: bool

    @property
    def targets(self) -> list[Any]:
        return [tf.convert_to_tensor(target) for target in tf.nest.flatten(self.target)]

    @property
    def flat_sources(self) -> list[Any]:
        return list(tf.nest.flatten(self.sources))

    @property
    def flat_gradients(self) -> list[Any]:
        return list(tf.nest.flatten(self.gradients))

    def obstacle(self) -> str:
        """Return why it cannot be recorded; "" where it can."""
        if self.weighted:
            return "the gradient is taken with output_gradients"
        targets = tf.nest.flatten(self.target)
        if not targets or not all(tf.is_tensor(target) and target.dtype.is_floating for target in targets):
            return "what is differentiated is not a floating-point tensor"
        return "" if self.flat_sources else "the gradient is taken for no variable"


def _asked(
    gradients: Any, target: Any, sources: Any, output_gradients: Any = None, *_: Any, **__: Any
) -> _Asked:
    return _Asked(target, sources, gradients, output_gradients is not None)


_TAPES = tf.GradientTape.jacobian.__code__.co_filename


def _told_apart(paths: Sequence[str]) -> list[str]:
    """Return paths with those that occur again numbered: ``w``, ``w#2``."""
    counts = [paths[: number + 1].count(path) for number, path in enumerate(paths)]
    return [path if count == 1 else f"{path}#{count}" for path, count in zip(paths, counts, strict=True)]


def _site_of(frame: FrameType) -> Site | None:
    found = called_by(frame)
    caller = None if found is None else place_of(found)
    return None if caller is None else caller.site
