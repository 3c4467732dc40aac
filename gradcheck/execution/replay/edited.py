"""A recording replayed in float64 with edits: the evaluator of their language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, assert_never

import numpy as np
import tensorflow as tf

from gradcheck.arrays import Tensor
from gradcheck.execution.ops.attributes import WIDER
from gradcheck.execution.ops.dense_gradients import dense_gradients
from gradcheck.execution.replay.adapting_machine import AdaptingMachine
from gradcheck.execution.replay.edit_ops import MisfitError, fitted, function_named, given, of_one_dtype
from gradcheck.execution.replay.machine import Replay, ReplayUnavailableError
from gradcheck.program.ops import OPS, REDUCTIONS
from gradcheck.program.ops.op_type import OpType
from gradcheck.program.places import LOSS, Place, place_of
from gradcheck.program.recording import Op, Recording
from gradcheck.repair.language import (
    At,
    Call,
    ConflictError,
    Edit,
    Either,
    Expression,
    Input,
    Number,
    Own,
    Runs,
    Settings,
    Value,
    Which,
    all_parts,
    composed,
)
from gradcheck.system.aborted_ops import unheard


@unheard
def edited_replay(recording: Recording, start: Mapping[str, Any], edits: Sequence[Edit]) -> Replay | None:
    """Replay `recording` in float64 with `edits`, and differentiate its loss.

    Returns
    -------
    The loss and its gradients in the order of `start`, or None when the program cannot be run so: shapes
    that do not fit, or a loss that is no scalar any more. Of one that never was, it is the sum.
    """
    try:
        machine = EditedMachine(recording, start)
        machine.edit(edits)
        with tf.GradientTape() as tape:
            leaves = machine.watched(tape)
            for op in recording.ops:
                machine.run(op)
            loss = machine.loss()
        if tf.size(loss) != 1 and recording.tensors[recording.loss].size == 1:
            return None
        gradients = fitted(dense_gradients, tape, loss, leaves)
    except (ReplayUnavailableError, MisfitError, ConflictError, tf.errors.OpError):
        return None
    return Replay(float(tf.reduce_sum(tf.cast(loss, tf.float64))), gradients)


class EditedMachine(AdaptingMachine):
    """A replay in which some ops are changed."""

    def __init__(self, recording: Recording, start: Mapping[str, Any]) -> None:
        super().__init__(recording, start, float64=True)
        self._edits: dict[Place, Expression] = {}
        self._runs: dict[Place, int] = {}
        self._ending = Op(len(recording.ops), "loss", (recording.loss,), (), {}, None)

    def edit(self, edits: Sequence[Edit]) -> None:
        """Change some ops from now on."""
        expressions: dict[Place, list[Expression]] = {}
        for edit in edits:
            expressions.setdefault(edit.place, []).append(edit.expression)
        self._edits = {place: composed(some) for place, some in expressions.items()}

    def loss(self) -> Any:
        """Return the replayed loss."""
        edit = self._edits.get(LOSS)
        return self.at(edit, self._ending, 0) if isinstance(edit, At) else self.tensor(self._recording.loss)

    def run(self, op: Op) -> None:
        """Run one op, changed if an edit says so."""
        place = place_of(op)
        expression = self._edits.get(place)
        self.follow_lengths(op)
        dirty = any(number in self.changed for number in op.inputs)
        if not op.outputs or not (expression or dirty) or self.keeps_state(op):
            super().run(op)
            self.changed.update(op.outputs if dirty else ())
            return
        inputs = [self.tensor(number) for number in op.inputs]
        if expression is None:
            outputs = self.adapted(op, op.type, inputs)
        else:
            outputs = self._outputs(op, inputs, expression)
            self._runs[place] = self._runs.get(place, 0) + 1
        self._tensors.update(zip(op.outputs, outputs, strict=True))
        self.changed.update(op.outputs)

    def _outputs(self, op: Op, inputs: list[Tensor], expression: Expression) -> list[Tensor]:
        if len(op.outputs) > 1 and not any(isinstance(part, Own) for part in all_parts(expression)):
            raise MisfitError(f"{op.type} has {len(op.outputs)} outputs")
        run = self._runs.get(place_of(op), 0)
        values = [
            _Evaluation(self, op, inputs, slot, run).value(expression) for slot in range(len(op.outputs))
        ]
        return [
            one if tf.is_tensor(one) else fitted(tf.constant, one, self._recorded(number).dtype)
            for one, number in zip(values, op.outputs, strict=True)
        ]

    def at(self, place: At, op: Op, run: int) -> Tensor:
        """Return what is read at another place, in run number `run` of the expression of `op`."""
        tensors = [self._known(number, op) for number in self._read(place, run, self.runs_of(op))]
        if place.which not in _TOGETHER:
            return tensors[0]
        made: Tensor = fitted(_TOGETHER[place.which], tensors, place.axis)
        return made

    def size_at(self, place: At, op: Op, run: int) -> Tensor:
        """Return how many elements there are of what is read at another place."""
        numbers = self._read(place, run, self.runs_of(op))
        size: Tensor = tf.constant(sum(self._recording.tensors[number].size for number in numbers))
        return size

    def runs_of(self, op: Op) -> int:
        """Return how often the expression of `op` runs."""
        return 1 if op is self._ending else len(self._ops_at(place_of(op)))

    def _read(self, place: At, run: int, runs: int) -> list[int]:
        """Return the numbers of the tensors that are read at another place."""
        ops = self._ops_at(place.place)
        numbers = [op.outputs[0] if place.input is None else given(op.inputs, place.input) for op in ops]
        if place.which in _TOGETHER:
            return numbers
        if isinstance(place.which, int):
            return [given(numbers, place.which)]
        return (
            numbers[-1:] if place.which == "last" else [numbers[_run_that_belongs(run, runs, len(numbers))]]
        )

    def _ops_at(self, place: Place) -> list[Op]:
        """Return the ops at a place; on another batch they may not run."""
        ops = [op for op in self._recording.at_site.get(place.site, ()) if op.type == place.type]
        if not ops:
            raise MisfitError("the expression is not run")
        return ops

    def _known(self, number: int, reader: Op) -> Tensor:
        """Return a tensor, which need not have been made yet where it is read if no variable moves it."""
        op = self._recording.producer(number)
        if op is not None and op.index >= reader.index:
            if number in self._recording.trainable:
                raise MisfitError("it is made later")
            return self._recorded(number)
        return self.tensor(number)


class _Evaluation:
    """The value of an expression in one run of an op."""

    def __init__(self, machine: EditedMachine, op: Op, inputs: list[Tensor], slot: int, run: int) -> None:
        self._machine, self._op, self._inputs, self._slot, self._run = machine, op, inputs, slot, run

    def value(self, expression: Expression) -> Any:  # noqa: PLR0911 - one per kind
        """Return the value of an expression."""
        match expression:
            case Input(number=number):
                return given(self._inputs, number)
            case Own():
                return self._own(expression)
            case At():
                return self._machine.at(expression, self._op, self._run)
            case Number(value=value):
                return list(value) if isinstance(value, tuple) else value
            case Runs():
                return float(self._machine.runs_of(self._op))
            case Either(condition=condition, one=one, other=other):
                return self.value(one if fitted(bool, self.value(condition)) else other)
            case Call(name="size", arguments=(At() as at,)):  # which may be made later: its size is known
                return self._machine.size_at(at, self._op, self._run)
            case Call(name=name, arguments=arguments, settings=settings):
                values = _one_tensor([self.value(one) for one in arguments])
                return fitted(function_named(name), *values, **_as_given(settings))
        assert_never(expression)

    def _own(self, own: Own) -> Tensor:
        kind, inputs = own.kind or self._op.type, list(self._inputs)
        for number, one in own.inputs:
            value, before = self.value(one), given(inputs, number)
            inputs[number] = value if tf.is_tensor(value) else fitted(tf.constant, value, before.dtype)
        known = OPS.get(kind)
        if known is not None and (own.settings or own.kind):
            return self._called(known, of_one_dtype(self._op.type, inputs), own.settings)
        outputs = self._machine.adapted(self._op, kind, inputs)
        if len(outputs) != len(self._op.outputs):
            raise MisfitError(f"{self._op.type} has {len(self._op.outputs)} outputs")
        return outputs[self._slot]

    def _called(self, known: OpType, inputs: list[Tensor], settings: Settings) -> Tensor:
        """Return what the function of an op gives that is told other things than it was."""
        told = {one.name: one.where for one in known.arguments if one.where is not None}
        before = OPS.get(self._op.type, known)
        if [one.where for one in before.arguments if isinstance(one.where, int)] != [
            where for where in told.values() if isinstance(where, int)
        ]:
            raise MisfitError("its inputs are other ones")
        beside = {where % len(inputs) for where in told.values() if isinstance(where, int)}
        operands = [one for number, one in enumerate(inputs) if number not in beside]
        recorded = {
            name: self._told(known, where, inputs)
            for name, where in told.items()
            if isinstance(where, int) or where in self._op.attributes
        }
        values = [operands] if known.listed else operands
        made: Tensor = fitted(function_named(known.function), *values, **(recorded | _as_given(settings)))
        return made

    def _told(self, known: OpType, where: int | str, inputs: list[Tensor]) -> Any:
        if isinstance(where, str):
            return self._op.attributes[where]
        over_all = known.name in REDUCTIONS and self._machine.reduces_all(self._op)
        return None if over_all else np.array(inputs[where]).tolist()


def _one_tensor(values: list[Any]) -> list[Any]:
    """Return the arguments of a call, of which the first is a tensor where all are numbers, as in float32."""
    if values and all(isinstance(one, int | float) for one in values):
        return [tf.constant(values[0], tf.float64), *values[1:]]
    return values


def _as_given(settings: Settings) -> dict[str, Any]:
    """Return arguments as a function takes them; of a dtype, what it is in float64."""
    return {name: _given(value) for name, value in settings}


def _given(value: Value) -> Any:
    if isinstance(value, str):
        wanted = tf.as_dtype(value)
        return WIDER.get(wanted, wanted)
    return list(value) if isinstance(value, tuple) else value


def _run_that_belongs(run: int, runs: int, others: int) -> int:
    """Return which run of another expression belongs to one; of several to each it is the last."""
    if others == 1:
        return 0
    if others % runs:
        raise MisfitError("the expressions do not run equally often")
    return others // runs * (run + 1) - 1


_TOGETHER: dict[Which, Any] = {
    "stack": lambda tensors, axis: tf.stack(tensors, axis=axis or 0),
    "mean": lambda tensors, axis: tf.reduce_mean(_stacked(tensors), axis=axis),
    "sum": lambda tensors, axis: tf.reduce_sum(_stacked(tensors), axis=axis),
    "joined": lambda tensors, _: tf.concat([tf.reshape(one, [-1]) for one in tensors], axis=0),
}
"""What is made of the tensors of all runs."""


def _stacked(tensors: list[Tensor]) -> Tensor:
    return tf.stack(tensors) if len(tensors) > 1 else tensors[0]
