"""Watch a program that trains for every gradient that it takes, and let it run as it would."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from types import CodeType, FrameType
from typing import Any

import tensorflow as tf

from gradcheck.execution.record.caller import Caller, called_by, place_of, role
from gradcheck.execution.tensorflow_internals import a_tape_records, a_tape_watches
from gradcheck.execution.training.batch_figures import BatchFigures
from gradcheck.execution.training.breakdown import FirstNotFinite
from gradcheck.execution.training.failing_step import FailingStep
from gradcheck.execution.training.keras_calls import (
    LayerLosses,
    computes_in_float16,
    misapplied,
    scales_the_loss,
)
from gradcheck.execution.training.listening import is_inside_a_gradient, listening
from gradcheck.execution.training.places import Place, Row
from gradcheck.execution.training.variables import Ledger, identity, variable_of, whole
from gradcheck.program.gradient_health import FirstOp, Misapplied, PlaceHealth, TrainingSeen
from gradcheck.program.ops import MAY_BREAK_DOWN
from gradcheck.source import Span, line_span, span_of
from gradcheck.source.arguments import argument_span

Failed = Callable[[Exception], None]


class _Known:
    """A call that takes a gradient for some sources, as it was met before."""

    def __init__(self, code: CodeType, sources: Sequence[Any], place: Place) -> None:
        self.code = code  # kept, so that no other code takes its number
        self.place = place
        self.gradients: dict[int, tuple[Any, Row]] = {}
        self._variables = [
            (number, weakref.ref(each)) for number, each in enumerate(sources) if type(each) not in _TENSORS
        ]

    def is_of(self, sources: Sequence[Any]) -> bool:
        """Return whether it is met with the same variables: a number may be that of a later one."""
        return all(variable() is sources[number] for number, variable in self._variables)


_TENSORS: set[type] = set()
"""Types of sources that are no variables, as they are met."""


class GradientWatch:
    """Keeps what is seen of gradients, and of what becomes of them.

    Parameters
    ----------
    failed
        Called with an error of our own, which is not for the program to end with.
    keeps_a_step
        Whether a compiled step whose gradient is not finite is kept, for `look_again`.
    """

    def __init__(self, failed: Failed, *, keeps_a_step: bool = False) -> None:
        self.failed = failed
        self._places: dict[object, Place] = {}
        self._by_call: dict[tuple[Any, ...], _Known] = {}
        self._ledger = Ledger()
        self.losses = LayerLosses()
        self._misapplied: dict[Misapplied, None] = {}
        self._single_unit: dict[Span, None] = {}
        self._converted: dict[Span, None] = {}
        self._breakdown = FirstNotFinite()
        self.figures = BatchFigures()
        self._failing = FailingStep(self._has_failed) if keeps_a_step else None
        self._first_in_function: FirstOp | None = None
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Watch every gradient that this thread takes inside, and every function that it traces."""
        with listening(self), nullcontext() if self._failing is None else self._failing.watching():
            yield

    def _has_failed(self) -> bool:
        self._ledger.complete()
        return any(place.failed_while_compiled for place in tuple(self._places.values()))

    def look_again(self, watching: Callable[[GradientWatch], AbstractContextManager[None]]) -> None:
        """Run the first compiled step whose gradient was not finite once more, to see in which op that begins.

        Parameters
        ----------
        watching
            Watches ops and gradients with another watch.
        """
        if self._failing is None:
            return
        another = GradientWatch(self.failed)
        self._failing.run_again(lambda: watching(another))
        self._first_in_function = another.seen().first_not_finite

    def seen(self) -> TrainingSeen:
        """Return what was seen so far."""
        places = tuple(place.read() for place in tuple(self._places.values()))
        return TrainingSeen(
            places=tuple(place for place in places if place.calls or place.unmeasured),
            variables=self._ledger.read(),
            misapplied=tuple(self._misapplied),
            unread=self.losses.unread(self._ledger.regularised()) if places else (),
            first_not_finite=self._first_not_finite(),
            first_in_function=self._first_in_function,
            scales_the_loss=any(map(_may_be_scaled, places)) and scales_the_loss(),
        )

    def _first_not_finite(self) -> FirstOp | None:
        place = self._breakdown.place
        return (
            FirstOp(self._breakdown.op, None if place is None else _span(place))
            if self._breakdown.op
            else None
        )

    @property
    def ops(self) -> Mapping[str, Callable[[str, Any, Any, bool], None]]:
        """By type of op, what looks at those that run, or are traced."""
        return dict.fromkeys(("Softmax", "LogSoftmax"), self._softmax) | dict.fromkeys(
            MAY_BREAK_DOWN, self._ran
        )

    def _ran(self, kind: str, inputs: Any, made: Any, has_run: bool) -> None:
        if has_run:
            self._breakdown.ran(kind, inputs, made, backward=is_inside_a_gradient())

    def _softmax(self, kind: str, inputs: Any, made: Any, has_run: bool) -> None:
        """Keep where softmax is taken over one unit."""
        if not made.shape.rank or made.shape[-1] != 1:
            return
        frame = called_by(sys._getframe(1)) if a_tape_records() else None
        place = None if frame is None else place_of(frame)
        if place is not None:
            self._single_unit[_span(place)] = None

    def took(self, tape: Any, target: Any, sources: Any, gradients: Any, weighted: bool) -> None:
        """Look at a gradient that was taken."""
        frame = called_by(sys._getframe(1))
        if frame is None:
            return
        flat = tf.nest.flatten(sources)
        known = self._known(frame, flat)
        if known is None:
            return
        self._look(known, tape, tf.nest.flatten(target), tf.nest.flatten(gradients), weighted)

    def _look(
        self, known: _Known, tape: Any, targets: Sequence[Any], gradients: Sequence[Any], weighted: bool
    ) -> None:
        place = known.place
        place.weighted = place.weighted or weighted
        place.single_unit.update(self._single_unit)
        place.converted.update(self._converted)
        self._single_unit.clear()
        self._converted.clear()
        known.gradients = {
            id(gradient): (weakref.ref(gradient), row)
            for row in place.rows
            if (gradient := gradients[row.number]) is not None
        }
        obstacle = _obstacle()
        if obstacle:
            place.unmeasured = obstacle
        else:
            tensors = [target for target in targets if tf.is_tensor(target)]
            place.add(tensors, gradients)
            place.figures.update(dict.fromkeys(self.figures.took(tensors, tf.executing_eagerly())))
        if place.is_fresh:
            place.float16 = place.float16 or computes_in_float16()
            self._look_at_the_tape(place, tape)

    def _look_at_the_tape(self, place: Place, tape: Any) -> None:
        if not place.rows:
            return
        watched = [whole(variable) for variable in tape.watched_variables()]
        numbers = {identity(variable) for variable in watched}
        for row in place.rows:
            row.seen = row.identity in numbers or bool(row.seen)
        self._ledger.saw(watched, place.span)

    def _known(self, frame: Any, sources: Sequence[Any]) -> _Known | None:
        key = (
            id(frame.f_code),
            frame.f_lasti,
            *(0 if type(each) in _TENSORS else id(each) for each in sources),
        )
        known = self._by_call.get(key)
        if known is not None and known.is_of(sources):
            return known
        caller = place_of(frame)
        if caller is None:
            return None
        with self._lock:
            self._by_call[key] = _Known(frame.f_code, sources, self._place(caller, sources))
        return self._by_call[key]

    def _place(self, caller: Any, sources: Sequence[Any]) -> Place:
        span = _span(caller)
        variables = [variable_of(source) for source in sources]
        for source, variable in zip(sources, variables, strict=True):
            if variable is None:
                _TENSORS.add(type(source))
            else:
                self._ledger.asked(source, variable, span)
        numbers = tuple(None if variable is None else identity(variable) for variable in variables)
        key = span, numbers
        if key not in self._places:
            target = None
            if caller.site is not None:
                target = argument_span(caller.site, "gradient", 0, "target")
            self._places[key] = Place(span, target, sources)
            self.figures.look_again()
        return self._places[key]

    def origin(self, gradient: Any) -> tuple[int, str] | None:
        """Return the variable whose gradient a tensor is, by its identity and its path."""
        for known in tuple(self._by_call.values()):
            found = known.gradients.get(id(gradient))
            if found is not None and found[0]() is gradient:
                return found[1].identity, found[1].path
        return None

    def applies(self, gradients: Sequence[Any], variables: Sequence[Any]) -> None:
        """Look at what an optimizer is handed."""
        for variable in map(variable_of, variables):
            if variable is not None:
                self._ledger.applied(identity(variable))
        for kind, variable, whose in misapplied(gradients, variables, self.origin):
            frame = called_by(sys._getframe(1))
            place = None if frame is None else place_of(frame)
            span = None if place is None else _span(place)
            self._misapplied[Misapplied(kind=kind, variable=variable, belongs_to=whose, span=span)] = None

    def converts(self, tensor: Any) -> None:
        """Look at a tensor of which a number or an array is made while a tape may watch it."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and role(frame.f_code.co_filename) == "ours":
            frame = frame.f_back
        if frame is not None and role(frame.f_code.co_filename) == "user" and a_tape_watches(tensor):
            place = place_of(frame)
            if place is not None:
                self._converted[_span(place)] = None


def _span(caller: Caller) -> Span:
    return line_span(caller.filename, caller.line) if caller.site is None else span_of(caller.site)


def _may_be_scaled(place: PlaceHealth) -> bool:
    return place.target.float16 or any(variable.not_finite for variable in place.variables)


_STRATEGIES = (
    tf.distribute.MirroredStrategy,
    tf.distribute.OneDeviceStrategy,
    tf.distribute.MultiWorkerMirroredStrategy,
)


def _obstacle() -> str:
    """Return why what a gradient is cannot be measured here; empty where it can."""
    strategy = tf.distribute.get_strategy()
    if tf.distribute.has_strategy() and not isinstance(strategy, _STRATEGIES):
        return f"not measured under {type(strategy).__name__}"
    if tf.executing_eagerly():
        return ""
    with tf.init_scope():
        if not tf.executing_eagerly():
            return "not measured in a graph of TensorFlow 1"
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if "/ops/parallel_for/" in frame.f_code.co_filename.replace(os.sep, "/"):
            return "not measured inside tf.vectorized_map"
        frame = frame.f_back
    return ""
