"""A recording replayed in float64 with edits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from gradcheck.edits import (
    LOSS,
    AlongAxis,
    AverageInput,
    Become,
    Edit,
    FlatIndex,
    GatherAlong,
    Guard,
    Instead,
    MeanOfKept,
    MeanOfRatios,
    Number,
    OnInput,
    OnOutput,
    OverAxes,
    Place,
    ShiftSlice,
    Skip,
    SkipWhereLossy,
    StraightThrough,
    TakeFrom,
    WeighByCount,
)
from gradcheck.execution.altered import (
    ALONG,
    FUNCTIONS,
    REDUCE,
    STABLE,
    in_rows,
    inferred_types,
    lengths_that_fit,
    of_one_dtype,
    replaced,
    shifted_slice,
)
from gradcheck.execution.attributes import WIDER
from gradcheck.execution.gradients import dense_gradients
from gradcheck.execution.repeats import is_repeated
from gradcheck.execution.replay import Machine, ReplayUnavailableError
from gradcheck.execution.twins import twin_of
from gradcheck.judgement.differences import Array
from gradcheck.recording import Op, Recording

_REDUCTIONS = {"Sum", "Mean", "Max", "Min", "Prod", "All", "Any"}


def edited_gradients(
    recording: Recording, start: Mapping[str, Any], edits: Sequence[Edit]
) -> list[Array | None] | None:
    """Replay `recording` in float64 with `edits`, and differentiate its loss.

    Returns
    -------
    The gradients in the order of `start`, or None when the program cannot be run so: shapes that do not
    fit, or a loss that is no scalar any more. For one that never was, it is the gradient of its sum.
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
        return dense_gradients(tape, loss, leaves)
    except (ReplayUnavailableError, tf.errors.OpError, ValueError, TypeError, LookupError, IndexError):
        return None


class _EditedMachine(Machine):
    """A replay in which some ops are changed, and what follows from them adapts to new shapes and dtypes."""

    def __init__(self, recording: Recording, start: Mapping[str, Any], edits: Sequence[Edit]) -> None:
        super().__init__(recording, start, float64=True)
        self._edits = edits
        self._changed: set[int] = set()
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
        self._follow_lengths(op)
        dirty = any(number in self._changed for number in op.inputs)
        if not op.outputs or not (changes or dirty) or self._keeps_state(op):
            super().run(op)
            self._changed.update(op.outputs if dirty else ())
            return
        inputs = [self.tensor(number) for number in op.inputs]
        outputs: Sequence[Any] | None = None
        for change in changes:
            inputs, outputs = self._changed_op(op, change, inputs, outputs)
        place = Place(op.site, op.type)
        self._runs[place] = self._runs.get(place, 0) + 1
        outputs = self.adapted(op, op.type, inputs) if outputs is None else outputs
        self._tensors.update(zip(op.outputs, outputs, strict=True))
        self._changed.update(op.outputs)

    def _follow_lengths(self, op: Op) -> None:
        """Let the count of a tensor's elements follow an edit that changed its shape.

        Keras's losses ask for the shape, keep the lengths as numbers, and multiply these.
        """
        if op.type != "Prod" or self._recording.producer(op.inputs[0]) is not None:
            return
        lengths = tuple(self._recording.array(op.inputs[0]))
        counted = [number for number in self._changed if self._was_asked_for_its_shape(number, lengths)]
        if counted:
            self._tensors[op.inputs[0]] = tf.shape(self.tensor(max(counted)))
            self._changed.add(op.inputs[0])

    def _was_asked_for_its_shape(self, number: int, lengths: tuple[int, ...]) -> bool:
        consumers = self._recording.consumers.get(number, ())
        had = self._recording.tensors[number].shape
        return had == lengths and any(consumer.type == "Shape" for consumer in consumers)

    def _changed_op(  # noqa: PLR0911, PLR0912, C901 - one line per kind of change
        self, op: Op, change: Any, inputs: list[Any], outputs: Sequence[Any] | None
    ) -> tuple[list[Any], Sequence[Any] | None]:
        """Return the op's inputs, and its outputs where the change makes them itself."""
        match change:
            case OnInput(input=place, function=function, argument=argument):
                return replaced(inputs, place, FUNCTIONS[function](inputs[place], argument)), outputs
            case OnOutput(function=function, argument=argument):
                made = self.adapted(op, op.type, inputs) if outputs is None else outputs
                return inputs, [FUNCTIONS[function](output, argument) for output in made]
            case Skip(input=place):
                return inputs, [inputs[place]]
            case SkipWhereLossy():
                before, after = (self._recording.array(number) for number in (op.inputs[0], op.outputs[0]))
                kept = np.array_equal(before, after)
                return inputs, self.adapted(op, op.type, inputs) if kept else [inputs[0]]
            case Become(type="UnsortedSegmentMean"):
                return inputs, [tf.math.unsorted_segment_mean(*inputs)]
            case Become(type=kind):
                return inputs, self.adapted(op, kind, inputs)
            case OverAxes(axes=axes, keepdims=keepdims):
                return inputs, [REDUCE[op.type](inputs[0], axis=axes, keepdims=keepdims)]
            case AlongAxis(axis=axis):
                if op.type in ALONG:
                    return inputs, [ALONG[op.type](inputs[0], axis=axis)]
                return inputs, self.adapted(op, op.type, [inputs[0], tf.constant(axis)])
            case GatherAlong(axis=axis, batch_dims=batch_dims):
                return inputs, [tf.gather(inputs[0], inputs[1], axis=axis, batch_dims=batch_dims)]
            case ShiftSlice(axis=axis, begin=begin, end=end):
                return inputs, [shifted_slice(op, inputs, axis, begin, end)]
            case AverageInput(input=place):
                return replaced(inputs, place, self._average(op, place)), outputs
            case WeighByCount(average=average):
                return inputs, [self.adapted(op, op.type, inputs)[0] * self._share(op, average=average)]
            case MeanOfKept(mask=mask):
                return inputs, [self._mean_of_kept(op, inputs, mask)]
            case MeanOfRatios(of_rows=of_rows):
                return inputs, [self._mean_of_ratios(op, of_rows=of_rows)]
            case StraightThrough(source=source):
                soft = self.tensor(self._first(source).outputs[0])
                return inputs, [self.adapted(op, op.type, inputs)[0] + soft - tf.stop_gradient(soft)]
            case FlatIndex(stride=stride, reader=reader, input=place):
                return inputs, [in_rows(self.tensor(self._first(reader).inputs[place]), stride)]
            case Number(input=place, value=value):
                return replaced(inputs, place, tf.constant(value, inputs[place].dtype)), outputs
            case TakeFrom(input=place, run=number):
                run = self._runs.get(Place(op.site, op.type), 0) if number is None else number
                return replaced(inputs, place, self._taken(change, run)), outputs
            case Instead(function=function, source=source):
                run = self._runs.get(Place(op.site, op.type), 0)
                return inputs, [STABLE[function](self._input_of(source, run))]
            case Guard(input=place, condition=condition):
                return self._guarded(op, inputs, place, condition)
        raise TypeError(f"unknown change {change!r}")

    def adapted(self, op: Op, kind: str, inputs: list[Any]) -> Sequence[Any]:
        """Run an op whose inputs may have another dtype or rank than when it was recorded."""
        inputs = of_one_dtype(kind, inputs)
        if kind == "Cast":
            wanted = tf.as_dtype(op.attributes["DstT"])
            # What was cast to a float already is one; to cast it to an integer now would undo an edit.
            return [tf.cast(inputs[0], WIDER.get(wanted, wanted))]
        if kind == "Reshape" and inputs[1].shape.rank == 1:
            inputs = [inputs[0], lengths_that_fit(*inputs)]
        if kind in _REDUCTIONS and self._over_all_axes(op):
            inputs = [inputs[0], tf.range(tf.rank(inputs[0]))]
        attributes = {**op.attributes, **inferred_types(kind, inputs)}
        plain = Op(op.index, kind, op.inputs, op.outputs, attributes, op.site)
        twin = twin_of(kind, inputs)
        return self._execute(plain, inputs) if twin is None else self._by_twin(plain, twin, inputs)

    def _keeps_state(self, op: Op) -> bool:
        """Whether it reads what is no tensor (a variable, a generator): not to be run in another dtype."""
        return op.outputs[0] in self._reads or is_repeated(op, self._recording)

    def _over_all_axes(self, op: Op) -> bool:
        """Return whether `op` reduces over all axes: it has to when an edit changes the rank."""
        rank = len(self._recording.tensors[op.inputs[0]].shape)
        return self._recording.tensors[op.inputs[1]].size == rank > 0

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

    def _mean_of_kept(self, op: Op, inputs: list[Any], mask: int) -> Any:
        product = self._recording.producer(op.inputs[0])
        assert product is not None
        mask = tf.cast(self.tensor(product.inputs[mask]), inputs[0].dtype)
        kept = tf.broadcast_to(mask, tf.shape(inputs[0]))
        total, count = (self.adapted(op, "Sum", [x, *inputs[1:]])[0] for x in (inputs[0], kept))
        return tf.math.divide_no_nan(total, count)

    def _mean_of_ratios(self, op: Op, *, of_rows: bool) -> Any:
        sums = [self._recording.producer(number) for number in op.inputs]
        wholes = [self.tensor(made.inputs[0]) for made in sums if made is not None]
        if not of_rows:
            return tf.reduce_mean(tf.math.divide_no_nan(*wholes))
        above, below = (tf.reduce_sum(whole, axis=range(1, whole.shape.rank)) for whole in wholes)
        return tf.reduce_mean(tf.math.divide_no_nan(above, below))

    def _first(self, place: Place) -> Op:
        return next(op for op in self._recording.ops if place.holds(op))

    def _taken(self, change: TakeFrom, run: int) -> Any:
        sources = [op for op in self._recording.ops if change.source.holds(op)]
        tensors = [self.tensor(op.outputs[0]) for op in sources]
        if change.reduction == "same":
            return tensors[run if len(tensors) > 1 else 0]
        together = tf.stack(tensors) if len(tensors) > 1 else tensors[0]
        if change.reduction == "stack":
            return tf.stack(tensors, axis=change.axis or 0)
        reduce = {"mean": tf.reduce_mean, "sum": tf.reduce_sum}[change.reduction]
        return reduce(together, axis=change.axis)

    def _input_of(self, source: Place, run: int) -> Any:
        ops = [op for op in self._recording.ops if source.holds(op)]
        return self.tensor(ops[run if len(ops) > 1 else 0].inputs[0])

    def _guarded(
        self, op: Op, inputs: list[Any], place: int, condition: Place | None
    ) -> tuple[list[Any], Sequence[Any] | None]:
        x = inputs[place]
        if condition is None:
            safe = replaced(inputs, place, tf.where(x > 0, x, tf.ones_like(x)))
            made = self.adapted(op, op.type, safe)[0]
            return safe, [tf.where(x > 0, made, tf.zeros_like(made))]
        held = self._latest(condition)
        return replaced(inputs, place, tf.where(held, x, tf.ones_like(x))), None

    def _latest(self, place: Place) -> Any:
        """Return the newest output of the ops at `place`, which need not have run yet in this replay."""
        runs = [op for op in self._recording.ops if place.holds(op)]
        for op in runs:
            if op.outputs[0] not in self._tensors:
                super().run(op)
        return self.tensor(runs[-1].outputs[0])
