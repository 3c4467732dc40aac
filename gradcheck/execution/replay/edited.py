"""A recording replayed in float64 with edits."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, assert_never

import numpy as np
import tensorflow as tf

from gradcheck.arrays import Tensor
from gradcheck.execution.ops.dense_gradients import dense_gradients
from gradcheck.execution.replay.adapting_machine import AdaptingMachine
from gradcheck.execution.replay.edit_ops import (
    ALONG,
    FUNCTIONS,
    REDUCE,
    STABLE,
    MisfitError,
    fitted,
    given,
    in_rows,
    replaced,
    shifted_slice,
)
from gradcheck.execution.replay.machine import Replay, ReplayUnavailableError
from gradcheck.program.places import LOSS, Place
from gradcheck.program.recording import Op, Recording
from gradcheck.repair.edits import (
    AlongAxis,
    AverageInput,
    Become,
    Change,
    DivideByOneLess,
    Edit,
    FlatIndex,
    GatherAlong,
    Instead,
    MeanOfKept,
    MeanOfRatios,
    Number,
    OnInput,
    OnOutput,
    OtherSide,
    OverAxes,
    SafeInput,
    ShiftSlice,
    Skip,
    SkipWhereLossy,
    StraightThrough,
    TakeFrom,
    WeighByCount,
)


def edited_replay(recording: Recording, start: Mapping[str, Any], edits: Sequence[Edit]) -> Replay | None:
    """Replay `recording` in float64 with `edits`, and differentiate its loss.

    Returns
    -------
    The loss and its gradients in the order of `start`, or None when the program cannot be run so: shapes
    that do not fit, or a loss that is no scalar any more. Of one that never was, it is the sum.
    """
    machine = _EditedMachine(recording, start, edits)
    try:
        with tf.GradientTape() as tape:
            leaves = machine.watched(tape)
            for op in recording.ops:
                machine.run(op)
            loss = machine.loss()
        if tf.size(loss) != 1 and recording.tensors[recording.loss].size == 1:
            return None
        gradients = fitted(dense_gradients, tape, loss, leaves)
    except (ReplayUnavailableError, MisfitError, tf.errors.OpError):
        return None
    return Replay(float(tf.reduce_sum(tf.cast(loss, tf.float64))), gradients)


@dataclass(frozen=True)
class _Changed:
    """An op as the changes so far have left it: its type, its inputs, and its outputs where they made these."""

    kind: str
    inputs: list[Tensor]
    outputs: Sequence[Tensor] | None = None


class _EditedMachine(AdaptingMachine):
    """A replay in which some ops are changed."""

    def __init__(self, recording: Recording, start: Mapping[str, Any], edits: Sequence[Edit]) -> None:
        super().__init__(recording, start, float64=True)
        self._edits = edits
        self._runs: dict[Place, int] = {}

    def loss(self) -> Any:
        """Return the replayed loss."""
        for edit in self._edits:
            if edit.place == LOSS and isinstance(edit.change, TakeFrom):
                return self._taken(edit.change, 0)
        return self.tensor(self._recording.loss)

    def run(self, op: Op) -> None:
        """Run one op, changed if an edit says so."""
        changes = [edit.change for edit in self._edits if edit.place.holds(op)]
        self.follow_lengths(op)
        dirty = any(number in self.changed for number in op.inputs)
        if not op.outputs or not (changes or dirty) or self.keeps_state(op):
            super().run(op)
            self.changed.update(op.outputs if dirty else ())
            return
        changed = _Changed(op.type, [self.tensor(number) for number in op.inputs])
        for change in sorted(changes, key=_turn):
            changed = self._with(op, change, changed)
        place = Place(op.site, op.type)
        self._runs[place] = self._runs.get(place, 0) + 1
        outputs = self._outputs(op, changed)
        if len(outputs) != len(op.outputs):
            raise MisfitError(f"{op.type} has {len(op.outputs)} outputs")
        self._tensors.update(zip(op.outputs, outputs, strict=True))
        self.changed.update(op.outputs)

    def _with(self, op: Op, change: Change, so_far: _Changed) -> _Changed:  # noqa: PLR0911 - one per kind
        """Return the op with one more change."""
        inputs = so_far.inputs
        match change:
            case OnInput(input=place, function=function, argument=argument):
                value = fitted(FUNCTIONS[function], given(inputs, place), argument)
                return replace(so_far, inputs=replaced(inputs, place, value))
            case Number(input=place, value=number):
                value = fitted(tf.constant, number, given(inputs, place).dtype)
                return replace(so_far, inputs=replaced(inputs, place, value))
            case AverageInput(input=place):
                return replace(so_far, inputs=replaced(inputs, place, self._average(op, place)))
            case TakeFrom(input=place, run=number):
                run = self._run_of(op) if number is None else number
                return replace(so_far, inputs=replaced(inputs, place, self._taken(change, run)))
            case SafeInput(input=place, condition=Place() as condition):
                return replace(so_far, inputs=self._guarded(inputs, place, condition))
            case Become(type=kind):
                return replace(so_far, kind=kind)
            case OnOutput(function=function, argument=argument):
                made = self._outputs(op, so_far)
                return replace(so_far, outputs=[fitted(FUNCTIONS[function], one, argument) for one in made])
        if so_far.outputs is not None:
            raise MisfitError("two changes make the same result")
        return replace(so_far, outputs=self._made(op, change, so_far))

    def _made(self, op: Op, change: _Makes, so_far: _Changed) -> Sequence[Any]:  # noqa: C901, PLR0911, PLR0912
        """Return the outputs of an op of which a change says how they are made."""
        kind, inputs = so_far.kind, so_far.inputs
        match change:  # one arm per kind
            case Skip(input=place):
                return [given(inputs, place)]
            case SkipWhereLossy():
                before, after = (self._recording.array(number) for number in (op.inputs[0], op.outputs[0]))
                return self._outputs(op, so_far) if np.array_equal(before, after) else [inputs[0]]
            case OverAxes(axes=axes, keepdims=keepdims):
                return [fitted(REDUCE[kind], inputs[0], axis=axes, keepdims=keepdims)]
            case AlongAxis(axis=axis):
                if kind in ALONG:
                    return [fitted(ALONG[kind], inputs[0], axis=axis)]
                return self.adapted(op, kind, [inputs[0], tf.constant(axis)])
            case GatherAlong(axis=axis, batch_dims=batch_dims):
                return [fitted(tf.gather, inputs[0], inputs[1], axis=axis, batch_dims=batch_dims)]
            case ShiftSlice(axis=axis, begin=begin, end=end):
                return [shifted_slice(op, inputs, axis, begin, end)]
            case WeighByCount(average=average):
                return [self.adapted(op, kind, inputs)[0] * self._share(op, average=average)]
            case MeanOfKept(mask=mask):
                return [self._mean_of_kept(op, inputs, mask)]
            case DivideByOneLess(mean=mean, root=root):
                return [self.adapted(op, kind, inputs)[0] * self._one_less(op, mean, root=root)]
            case MeanOfRatios(of_rows=of_rows):
                return [self._mean_of_ratios(op, of_rows=of_rows)]
            case StraightThrough(source=source):
                soft = self.tensor(self._first(source).outputs[0])
                return [fitted(_straight_through, self.adapted(op, kind, inputs)[0], soft)]
            case FlatIndex(stride=stride, reader=reader, input=place):
                picked = given([self.tensor(number) for number in self._first(reader).inputs], place)
                return [fitted(in_rows, picked, stride)]
            case Instead(function=function, source=source):
                return [fitted(STABLE[function], self._input_of(source, self._run_of(op)))]
            case SafeInput(input=place):
                return [self._zero_beyond(op, kind, inputs, place)]
            case OtherSide():
                raise MisfitError("it is put together from several replays, and goes with no other edit")
        assert_never(change)

    def _outputs(self, op: Op, changed: _Changed) -> Sequence[Any]:
        if changed.outputs is not None:
            return changed.outputs
        if changed.kind == "UnsortedSegmentMean":  # no op, but made of several
            return [fitted(tf.math.unsorted_segment_mean, *changed.inputs)]
        return self.adapted(op, changed.kind, changed.inputs)

    def _run_of(self, op: Op) -> int:
        """Return how often the expression of `op` has run before."""
        return self._runs.get(Place(op.site, op.type), 0)

    def _average(self, op: Op, place: int) -> Any:
        runs = [other for other in self._recording.ops if Place(op.site, op.type).holds(other)]
        values = [self._widened(self._recording.values[run.inputs[place]]) for run in runs]
        return tf.reduce_mean(tf.stack(values), axis=0)

    def _share(self, op: Op, *, average: bool) -> float:
        """Return the share that `op` has of the elements in all runs of its expression."""
        runs = [other for other in self._recording.ops if Place(op.site, op.type).holds(other)]
        sizes = [self._recording.tensors[run.inputs[0]].size for run in runs]
        own = self._recording.tensors[op.inputs[0]].size
        return own / sum(sizes) * (len(runs) if average else 1)

    def _one_less(self, op: Op, mean: Place, *, root: bool) -> float:
        """Return n / (n - 1), or its root, for the run of `mean` that belongs to this one of `op`."""
        means = [other for other in self._recording.ops if mean.holds(other)]
        own = sum(Place(op.site, op.type).holds(other) for other in self._recording.ops)
        if len(means) % own:
            raise MisfitError("the means and what is made of them do not run equally often")
        last = means[len(means) // own * (self._run_of(op) + 1) - 1]
        sizes = [self._recording.tensors[number].size for number in (last.inputs[0], last.outputs[0])]
        count = sizes[0] // max(sizes[1], 1)
        if count < 2:
            raise MisfitError("one element has no spread")
        return math.sqrt(count / (count - 1)) if root else count / (count - 1)

    def _mean_of_kept(self, op: Op, inputs: list[Tensor], mask: int) -> Tensor:
        product = self._maker(op.inputs[0])
        mask = tf.cast(given([self.tensor(number) for number in product.inputs], mask), inputs[0].dtype)
        kept = fitted(tf.broadcast_to, mask, tf.shape(inputs[0]))
        total, count = (self.adapted(op, "Sum", [x, *inputs[1:]])[0] for x in (inputs[0], kept))
        mean: Tensor = fitted(tf.math.divide_no_nan, total, count)
        return mean

    def _mean_of_ratios(self, op: Op, *, of_rows: bool) -> Any:
        wholes = [self.tensor(self._maker(number).inputs[0]) for number in op.inputs]
        if of_rows:
            wholes = [fitted(tf.reduce_sum, whole, axis=range(1, whole.shape.rank)) for whole in wholes]
        return tf.reduce_mean(fitted(tf.math.divide_no_nan, *wholes))

    def _maker(self, number: int) -> Op:
        maker = self._recording.producer(number)
        if maker is None or not maker.inputs:
            raise MisfitError("no op made it")
        return maker

    def _first(self, place: Place) -> Op:
        return self._held_at(place)[0]

    def _held_at(self, place: Place) -> list[Op]:
        """Return the ops at a place; on another batch they may not run."""
        ops = [op for op in self._recording.ops if place.holds(op)]
        if not ops:
            raise MisfitError("the expression is not run")
        return ops

    def _taken(self, change: TakeFrom, run: int) -> Any:
        tensors = [self.tensor(op.outputs[0]) for op in self._held_at(change.source)]
        match change.reduction:
            case "same":
                return given(tensors, run if len(tensors) > 1 else 0)
            case "stack":
                return fitted(tf.stack, tensors, axis=change.axis or 0)
            case "mean" | "sum":
                together = fitted(tf.stack, tensors) if len(tensors) > 1 else tensors[0]
                reduce = tf.reduce_mean if change.reduction == "mean" else tf.reduce_sum
                return fitted(reduce, together, axis=change.axis)
        assert_never(change.reduction)

    def _input_of(self, source: Place, run: int) -> Tensor:
        ops = self._held_at(source)
        return self.tensor(given(ops, run if len(ops) > 1 else 0).inputs[0])

    def _guarded(self, inputs: list[Tensor], place: int, condition: Place) -> list[Tensor]:
        x = given(inputs, place)
        return replaced(inputs, place, fitted(tf.where, self._latest(condition), x, tf.ones_like(x)))

    def _zero_beyond(self, op: Op, kind: str, inputs: list[Tensor], place: int) -> Tensor:
        x = given(inputs, place)
        safe = replaced(inputs, place, tf.where(x > 0, x, tf.ones_like(x)))
        made = self.adapted(op, kind, safe)[0]
        kept: Tensor = fitted(tf.where, x > 0, made, tf.zeros_like(made))
        return kept

    def _latest(self, place: Place) -> Any:
        """Return the newest output of the ops at `place`, which need not have run yet in this replay."""
        runs = self._held_at(place)
        for op in runs:
            if op.outputs[0] not in self._tensors:
                super().run(op)
        return self.tensor(runs[-1].outputs[0])


_Makes = (
    Skip
    | SkipWhereLossy
    | OverAxes
    | AlongAxis
    | GatherAlong
    | ShiftSlice
    | WeighByCount
    | MeanOfKept
    | DivideByOneLess
    | MeanOfRatios
    | StraightThrough
    | FlatIndex
    | Instead
    | SafeInput
    | OtherSide
)
"""Changes that say how an op's outputs are made."""


def _turn(change: Change) -> int:
    """Return when a change has its turn among those of one op: its inputs, its type, its outputs."""
    match change:
        case OnInput() | Number() | AverageInput() | TakeFrom():
            return 0
        case Become():
            return 1
        case OnOutput():
            return 3
    return 2


def _straight_through(hard: Any, soft: Any) -> Any:
    return hard + soft - tf.stop_gradient(soft)
