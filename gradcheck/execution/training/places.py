"""The places where a program takes gradients, and what they were over all calls."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from gradcheck.execution.training.tallies import EagerTallies, Tallies, Tally, TracedTallies
from gradcheck.execution.training.variables import identity, path_of, shape_of, variable_of
from gradcheck.program.gradient_health import (
    BatchFigure,
    NormSummary,
    PlaceHealth,
    Shape,
    Target,
    VariableHealth,
)
from gradcheck.source import Span

MOST_TRACES = 64
"""Of a place: a function that is traced for ever other shapes would fill the memory with what is counted."""


class Row:
    """A variable that a gradient is taken for."""

    def __init__(self, number: int, source: Any, variable: Any) -> None:
        self.number = number
        self.path, self.shape = path_of(source), shape_of(source)
        self.identity = identity(variable)
        self.variable = weakref.ref(variable)
        self.trainable = bool(source.trainable)
        self.seen: bool | None = None


class Place:
    """One place, with the variables that a gradient is taken for there.

    Parameters
    ----------
    span
        The call that took it.
    target
        The expression that was differentiated, if the call names it.
    sources
        What the gradient is taken for: variables, and tensors.
    """

    def __init__(self, span: Span, target: Span | None, sources: Sequence[Any]) -> None:
        self.span, self._target_span = span, target
        pairs = [(number, source, variable_of(source)) for number, source in enumerate(sources)]
        self.rows = [Row(*pair) for pair in pairs if pair[2] is not None]
        self._others = len(pairs) - len(self.rows)
        self.calls = 0
        self.weighted = self.float16 = False
        self.single_unit: dict[Span, None] = {}
        self.converted: dict[Span, None] = {}
        self.figures: dict[BatchFigure, None] = {}
        self.unmeasured = ""
        self._targets: dict[tuple[Shape, ...], None] = {}
        self._eager: dict[tuple[bool, ...], EagerTallies] = {}
        self._traced: list[tuple[tuple[bool, ...], TracedTallies]] = []

    @property
    def is_fresh(self) -> bool:
        """Whether what is costly to look at is to be looked at: in the first calls, and then ever more seldom."""
        return self.calls & (self.calls - 1) == 0

    @property
    def failed_while_compiled(self) -> bool:
        """Whether a gradient of a compiled function was not finite so far."""
        return any(tallies.has_failed() for _, tallies in self._traced)

    def add(self, targets: Sequence[Any], gradients: Sequence[Any]) -> None:
        """Count one call."""
        self.calls += 1
        given = [gradients[row.number] for row in self.rows]
        is_none = tuple(gradient is None for gradient in given)
        there = [gradient for gradient in given if gradient is not None]
        floating = [target for target in targets if target.dtype.is_floating]
        if self.is_fresh:
            self._targets[tuple(shape_of(target) for target in targets)] = None
            self.float16 = self.float16 or any(target.dtype == tf.float16 for target in floating)
        counted = [*there, *(floating or [tf.constant(0.0)])]
        if tf.executing_eagerly():
            tallies = self._eager.get(is_none)
            if tallies is None:
                tallies = self._eager[is_none] = EagerTallies(len(counted))
            tallies.add(counted, self._vectors(there))
        elif len(self._traced) < MOST_TRACES:
            self._traced.append((is_none, TracedTallies(counted, self._vectors(there))))
        else:
            self.unmeasured = f"traced more than {MOST_TRACES} times: later traces were not measured"

    def _vectors(self, gradients: Sequence[Any]) -> list[int]:
        return [
            number
            for number, gradient in enumerate(gradients)
            if gradient.shape.rank == 1 and not isinstance(gradient, tf.IndexedSlices)
        ]

    def read(self) -> PlaceHealth:
        """Return what was counted so far."""
        tallies: list[tuple[tuple[bool, ...], EagerTallies | TracedTallies]] = [
            *self._eager.items(),
            *self._traced,
        ]
        parts = [(is_none, each.read()) for is_none, each in tallies]
        parts = [part for part in parts if part[1].calls]
        targets = [tally for is_none, part in parts for tally in part.each[is_none.count(False) :]]
        return PlaceHealth(
            span=self.span,
            calls=sum(part.calls for _, part in parts),
            variables=tuple(_health(row, number, parts) for number, row in enumerate(self.rows)),
            target=Target(
                shapes=max(self._targets, key=lambda shapes: sum(map(len, shapes)), default=()),
                span=self._target_span,
                not_finite=sum(tally.not_finite for tally in targets),
                float16=self.float16,
            ),
            other_sources=self._others,
            traced=bool(self._traced),
            weighted=self.weighted,
            single_unit=tuple(self.single_unit),
            converted=tuple(self.converted),
            figures=tuple(self.figures),
            unmeasured=self.unmeasured,
        )


def _health(row: Row, number: int, parts: Sequence[tuple[tuple[bool, ...], Tallies]]) -> VariableHealth:
    tallies: list[Tally] = []
    dead: list[Any] = []
    none = 0
    for is_none, part in parts:
        if is_none[number]:
            none += part.calls
            continue
        at = number - sum(is_none[:number])
        tallies.append(part.each[at])
        if at in part.dead_units:
            dead.append(part.dead_units[at])
    always = np.logical_and.reduce(dead) if dead else np.zeros(0, bool)
    return VariableHealth(
        path=row.path,
        shape=row.shape,
        norm=_summary(tallies),
        zero=sum(tally.zero for tally in tallies),
        none=none,
        not_finite=sum(tally.not_finite for tally in tallies),
        dead_units=int(always.sum()),
        units=len(always),
        seen=row.seen,
        trainable=row.trainable,
        identity=row.identity,
    )


def _summary(tallies: Sequence[Tally]) -> NormSummary | None:
    recent = [norm for tally in tallies for norm in tally.recent]
    if not recent:
        return None
    return NormSummary(first=tallies[0].first, median=float(np.median(recent)), last=tallies[-1].recent[-1])
