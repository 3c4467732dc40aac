"""Notes the ops of the first losses that a program computes: whether figures of the whole batch meet samples.

Of every place the first gradients are enough: what meets what does not change from step to step. A function
that is traced is seen as it is traced.
"""

from __future__ import annotations

import sys
from collections.abc import Hashable, Sequence
from types import FrameType
from typing import Any

from gradcheck.execution.keras_internals import LAYER_CALL
from gradcheck.execution.record.caller import Caller, place_of, role
from gradcheck.execution.record.origins import key
from gradcheck.execution.tensorflow_internals import a_tape_records, a_tape_watches, known_shape, tensor_id
from gradcheck.program.batch_figures import Quantity, Step, is_reduction, may_meet, meetings
from gradcheck.program.gradient_health import BatchFigure
from gradcheck.source import line_span, span_of

_FIRST = 4
"""How many gradients are looked at, from the start and from a new place on."""

_MOST = 50_000
"""So many ops of a loss are kept."""


class BatchFigures:
    """Keeps what the ops of a loss are made of, while a tape records them."""

    def __init__(self) -> None:
        self._left = _FIRST
        self._steps: list[Step] = []
        self._known: dict[Hashable, Quantity] = {}
        self._is_taken = False

    def look_again(self) -> None:
        """Look at the next gradients as well: there is a place that was not met before."""
        self._left = max(self._left, _FIRST)

    def saw(self, kind: str, inputs: Sequence[Any], outputs: Sequence[Any], has_run: bool) -> None:
        """Look at an op that has run, or is traced. It is called once per op: keep it short."""
        if has_run and self._left <= 0:
            return
        if not a_tape_records():
            return
        if self._is_taken or len(self._steps) > _MOST:
            self._steps, self._known, self._is_taken = [], {}, False
        self._keep(kind, inputs, outputs, has_run)

    def _keep(self, kind: str, inputs: Sequence[Any], outputs: Sequence[Any], has_run: bool) -> None:
        given = tuple(self._read(each, has_run) for each in inputs)
        follows = any(each.watched for each in given)
        for output in outputs:
            made = _quantity(output, has_run, follows)  # whether the tape follows it shows once it is read
            asks = is_reduction(kind, given, made) or may_meet(kind, given, made)
            self._steps.append(Step(kind, given, made, _own_place(sys._getframe(1)) if asks else None))

    def _read(self, tensor: Any, has_run: bool) -> Quantity:
        number = tensor_id(tensor) if has_run else key(tensor)
        if number not in self._known:
            self._known[number] = _quantity(tensor, has_run, a_tape_watches(tensor))
        return self._known[number]

    def took(self, targets: Sequence[Any], eagerly: bool) -> list[BatchFigure]:
        """Return the figures on the way to what is differentiated."""
        self._left -= eagerly
        self._is_taken = not a_tape_records()  # else the loss goes on, in an outer tape
        if not self._steps:
            return []
        steps = [step._replace(made=self._known.get(step.made.key, step.made)) for step in self._steps]
        keys = [tensor_id(each) if eagerly else key(each) for each in targets]
        return [
            BatchFigure(
                span=_span(met.figure.place),
                shape=met.figure.inputs[0].shape,
                meets=_span(met.with_samples.place),
                meets_shape=met.with_samples.made.shape,
            )
            for met in meetings(steps, keys)
        ]


def _quantity(tensor: Any, has_run: bool, watched: bool) -> Quantity:
    if has_run:
        return Quantity(tensor_id(tensor), known_shape(tensor), watched)
    return Quantity(key(tensor), _partial_shape(tensor), watched)


def _partial_shape(tensor: Any) -> tuple[int | None, ...]:
    return (None,) if tensor.shape.rank is None else tuple(tensor.shape.as_list())


def _own_place(frame: FrameType | None) -> Caller | None:
    """Return the user's expression that asked for an op; None where a layer of Keras's did."""
    while frame is not None:
        if frame.f_code is LAYER_CALL:
            return None
        if role(frame.f_code.co_filename) in ("user", "generated"):
            return place_of(frame)
        frame = frame.f_back
    return None


def _span(place: Caller) -> Any:
    return line_span(place.filename, place.line) if place.site is None else span_of(place.site)
