"""Marks on steps that stand out, with a one-line reason. A mark states a fact; it is not an accusation."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from gradcheck.accepted import accepted, severity_set
from gradcheck.program.broadcasting import broadcast_against_each_other, broadcast_axes, gives_axis
from gradcheck.program.ops import ELEMENTWISE, NORMALISATIONS, OPS
from gradcheck.program.recording import Shape
from gradcheck.program.trace import Step, Trace
from gradcheck.source import call_at, span_of
from gradcheck.tracing.axes import Axes, shown
from gradcheck.tracing.document import MarkCode, MarkLevel


@dataclass(frozen=True, slots=True)
class Mark:
    """What deserves a look: `high` is shown in red, `medium` in yellow."""

    severity: MarkLevel
    reason: str
    code: MarkCode = "broadcast"


class Marker:
    """Marks the steps of one trace."""

    def __init__(self, trace: Trace, axes: Mapping[int, Axes]) -> None:
        self._trace = trace
        self._axes = axes
        self._makers = {number: step for step in trace.steps for number in step.outputs}
        self._from_batch = _depending_on(trace.arguments, trace.steps)

    def marks(self, step: Step) -> list[Mark]:
        """Return the marks of `step`, the most severe first."""
        found = [*self._softmax(step)]
        if not step.layers:  # what a layer does inside was meant by its author
            found += [*self._broadcast(step), *self._reduction(step)]
        if self._asks_for_memory(step):
            found += self._memory(step)
        found = [_as_the_project_sets(mark) for mark in found]
        if step.path:
            found = [_unless_accepted(mark, step) for mark in found]
        return sorted(found, key=lambda mark: ("high", "medium", "note").index(mark.severity))

    def _shape(self, number: int) -> Shape:
        return self._trace.tensors[number].shape

    def _shown(self, number: int) -> str:
        return shown(self._axes[number])

    def _broadcast(self, step: Step) -> Iterator[Mark]:
        if step.type not in ELEMENTWISE or not step.outputs:
            return
        if self._is_inside_a_library(step):
            return
        result = step.outputs[0]
        shapes = [self._shape(number) for number in step.inputs]
        if broadcast_against_each_other(shapes, self._shape(result)):
            operands = " and ".join(self._shown(number) for number in step.inputs)
            if any(self._was_given_an_axis(number) for number in step.inputs):
                yield Mark(
                    "note",
                    f"both operands are broadcast deliberately (an axis of length 1 was added): {operands}",
                )
            else:
                yield Mark("high", f"both operands are broadcast: {operands} give {self._shown(result)}")
            return
        for number in step.inputs:
            if self._is_broadcast_along_the_samples(number, result):
                yield Mark(
                    "medium",
                    f"{self._shown(number)} is repeated along the samples, to {self._shown(result)}",
                    "repeated",
                )

    def _is_inside_a_library(self, step: Step) -> bool:
        """Return whether a step combines something with what the same call made of it, as in `x - mean(x)`.

        An expression of the user's own is a call of its own, so this is inside a function of a library.
        """
        given = [self._given_to(number, step) for number in step.inputs]
        itself = [sources == {number} for sources, number in zip(given, step.inputs, strict=True)]
        return any(
            not itself[one] and given[one] and given[one] <= given[other]
            for one, other in itertools.permutations(range(len(given)), 2)
        )

    def _given_to(self, number: int, step: Step) -> frozenset[int]:
        """Return what a tensor is made from, of what the call of `step` was given and depends on the batch."""
        found, seen, pending = set[int](), set[int](), [number]
        while pending:
            one = pending.pop()
            if one in seen or one not in self._from_batch:
                continue
            seen.add(one)
            maker = self._makers.get(one)
            if maker is not None and (maker.path, maker.calls) == (step.path, step.calls):
                pending += maker.inputs
            else:
                found.add(one)
        return frozenset(found)

    def _was_given_an_axis(self, number: int) -> bool:
        maker = self._makers.get(number)
        return (
            maker is not None
            and bool(maker.inputs)
            and gives_axis(maker.type, self._shape(maker.inputs[0]), self._shape(number))
        )

    def _is_broadcast_along_the_samples(self, number: int, result: int) -> bool:
        # A parameter, a constant and a scalar are meant for all samples alike.
        if number not in self._from_batch or not self._shape(number) or self._was_given_an_axis(number):
            return False
        grown = broadcast_axes(self._shape(number), self._shape(result))
        return any(self._axes[result][axis].degree for axis in grown)

    def _reduction(self, step: Step) -> Iterator[Mark]:
        if step.type not in _REDUCTIONS or len(step.inputs) < 1:
            return
        given, made = step.inputs[0], step.outputs[0]
        if self._nothing_is_downsampled(given, made) and _is_written_there(step):
            yield Mark(
                "medium",
                f"{_REDUCTIONS[step.type]} over an axis of length 1 alone: {self._shown(given)}",
                "reduction",
            )
        powers = [sum(axis.degree for axis in self._axes[number]) for number in (given, made)]
        if powers[0] - powers[1] >= 2:
            yield Mark(
                "high",
                f"{_REDUCTIONS[step.type]} over the sample axis twice: of {self._shown(given)}",
                "reduction",
            )

    def _nothing_is_downsampled(self, given: int, made: int) -> bool:
        axes = self._axes[given]
        # With one sample, an axis of length 1 is the sample axis.
        fixed = [axis for axis in axes if axis.length == 1 and not axis.name]
        rest = [axis.length for axis in axes if axis.length != 1]
        return bool(fixed) and bool(rest) and math.prod(rest) == math.prod(self._shape(made))

    def _softmax(self, step: Step) -> Iterator[Mark]:
        if step.type in NORMALISATIONS and self._shape(step.inputs[0])[-1:] == (1,):
            value = "1" if step.type == "Softmax" else "0"
            yield Mark("high", f"softmax over one unit is always {value}, and has no gradient", "dead")

    def _asks_for_memory(self, step: Step) -> bool:
        # Only where it is created, not again in each op that reads it.
        powers = [sum(axis.degree for axis in self._axes[number]) for number in step.inputs]
        return max(powers, default=0) < 2

    def _memory(self, step: Step) -> Iterator[Mark]:
        for number in step.outputs:
            power = sum(axis.degree for axis in self._axes[number])
            if power >= 2:
                size = self._trace.tensors[number].size * _bytes(self._trace.tensors[number].dtype)
                yield Mark(
                    "note",
                    f"{self._shown(number)} takes {_amount(size)} now, "
                    f"{_amount(size * 10**power)} at ten times n",
                    "memory",
                )


_LEVEL: Mapping[str, MarkLevel] = {"suspicion": "medium", "note": "note"}


def _as_the_project_sets(mark: Mark) -> Mark:
    level = severity_set(mark.code)
    return mark if level is None else replace(mark, severity=_LEVEL[level])


def _unless_accepted(mark: Mark, step: Step) -> Mark:
    """Return a mark; a mere note where it is meant so, or known."""
    found = accepted(mark.code, span_of(step.path[-1]))
    if found is None:
        return mark
    said = "known" if found.by == "baseline" else "accepted"
    return replace(mark, severity="note", reason=f"{mark.reason}; {said}: {found.reason}")


_REDUCTIONS = {name: op.noun for name, op in OPS.items() if op.kind == "reduction" and op.noun}


def _is_written_there(step: Step) -> bool:
    """Return whether the user called the reduction, not something that has it inside, as a loss of Keras's."""
    call = call_at(step.path[-1]) if step.path else None
    return call is not None and call.name.removeprefix("reduce_") in _REDUCING_FUNCTIONS


_REDUCING_FUNCTIONS = {"sum", "mean", "max", "min", "prod", "amax", "amin"}


def _depending_on(start: Mapping[int, str], steps: Sequence[Step]) -> set[int]:
    found = set(start)
    for step in steps:
        if not found.isdisjoint(step.inputs):
            found.update(step.outputs)
    return found


def _bytes(dtype: str) -> int:
    if dtype == "bool":
        return 1
    if dtype == "bfloat16":
        return 2
    bits = "".join(letter for letter in dtype if letter.isdigit())
    return int(bits) // 8 if bits else 0


def _amount(size: int) -> str:
    amount, units = float(size), iter(("bytes", "kB", "MB", "GB", "TB", "PB"))
    unit = next(units)
    while amount >= 1000 and unit != "PB":
        amount, unit = amount / 1000, next(units)
    return f"{amount:.3g} {unit}"
