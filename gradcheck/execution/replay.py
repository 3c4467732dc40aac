"""Run a recording again under a tape: at its own precision, or in float64."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf
from tensorflow.python.eager import context, execute
from tensorflow.python.framework import op_def_registry

from gradcheck.execution.gradients import dense_gradients
from gradcheck.judgement.differences import Array
from gradcheck.recording import Op, Recording

_WIDER = {
    tf.float16: tf.float64,
    tf.bfloat16: tf.float64,
    tf.float32: tf.float64,
    tf.complex64: tf.complex128,
}


class ReplayUnavailableError(Exception):
    """A recording cannot be run again; the message says which op stands in the way."""


@dataclass(frozen=True)
class Replay:
    """What a replay gave; `gradients` follow the order of the case's variables."""

    value: float
    gradients: list[Array | None]


def replay(recording: Recording, start: Mapping[str, Any], *, float64: bool) -> Replay:
    """Run `recording` again and differentiate its loss.

    Parameters
    ----------
    recording
        Its values must not have been let go.
    start
        Path to value of the variables to differentiate for, in order.
    float64
        Whether to replace every floating dtype by float64 (complex64 by complex128). Constants and the
        batch keep the values that they had.

    Raises
    ------
    ReplayUnavailableError
        An op has no kernel for float64, or cannot be run outside the place where it was recorded.

    Notes
    -----
    Random ops repeat the outputs they gave. Assignments are not repeated. Gradients written by hand
    (`tf.custom_gradient`) are not known to a recording: the replay differentiates the ops inside, which
    is why a replay has to be held against the tape before it is believed.
    """
    machine = Machine(recording, start, float64)
    with tf.GradientTape() as tape:
        leaves = machine.watched(tape)
        for op in recording.ops:
            machine.run(op)
        loss = machine.tensor(recording.loss)
    gradients = dense_gradients(tape, loss, leaves)
    return Replay(float(tf.reduce_sum(tf.cast(loss, tf.float64))), gradients)


class Machine:
    """The tensors of one replay, by the numbers that they have in the recording."""

    def __init__(self, recording: Recording, start: Mapping[str, Any], float64: bool) -> None:
        self._recording = recording
        self._reads = recording.reads
        self._wider = _WIDER if float64 else {}
        self._tensors: dict[int, Any] = {}
        self._context = context.context()
        self._leaves = {path: self._widened(value) for path, value in start.items()}

    def watched(self, tape: Any) -> list[Any]:
        """Return one tensor per variable, watched by `tape`; each read of the variable is a copy of it."""
        for leaf in self._leaves.values():
            tape.watch(leaf)
        return list(self._leaves.values())

    def tensor(self, number: int) -> Any:
        """Return the replayed tensor; what no op made is a constant, or the value of a variable."""
        if number not in self._tensors:
            path = self._reads.get(number)
            made = self._widened(self._recording.values[number]) if path is None else self._read(path)
            self._tensors[number] = made
        return self._tensors[number]

    def run(self, op: Op) -> None:
        """Run one op and keep its outputs."""
        if not op.outputs:  # an assignment, a print
            return
        if op.outputs[0] in self._reads:
            self._tensors[op.outputs[0]] = self._read_by(op)
        elif not _is_fixed(op, self._recording):
            outputs = self._execute(op.type, [self.tensor(number) for number in op.inputs], op)
            self._tensors.update(zip(op.outputs, outputs, strict=True))

    def _read(self, path: str) -> Any:
        # The tape adds up the gradients of reads in the order of the reads, as it did for the variable:
        # with one shared tensor the order of the sum, and so its rounding, would be another.
        return tf.identity(self._leaves[path])

    def _read_by(self, op: Op) -> Any:
        value = self._read(self._reads[op.outputs[0]])
        if op.type == "ReadVariableOp":
            return value
        indices = self.tensor(op.inputs[1])
        return tf.gather(value, indices, batch_dims=op.attributes.get("batch_dims") or 0)

    def _widened(self, tensor: Any) -> Any:
        wanted = self._wider.get(tensor.dtype)
        return tensor if wanted is None else tf.cast(tensor, wanted)

    def _execute(self, kind: str, inputs: list[Any], op: Op) -> Sequence[Any]:
        attributes = self._attributes(op)
        try:
            outputs = execute.quick_execute(kind, len(op.outputs), inputs, attributes, self._context)
        except (tf.errors.OpError, TypeError, ValueError) as error:
            raise ReplayUnavailableError(f"{kind} cannot be run in float64: {_first_line(error)}") from error
        execute.record_gradient(kind, inputs, attributes, outputs)
        return [self._widened(output) for output in outputs]

    def _attributes(self, op: Op) -> tuple[Any, ...]:
        definitions = _attribute_definitions(op.type)
        flat: list[Any] = []
        for name, definition in definitions.items():
            value = op.attributes.get(name)
            if value is None and definition.HasField("default_value"):
                # Left out where it was recorded; gradient functions ask for it all the same.
                value = _default(definition)
            if value is not None:
                flat += [name, self._attribute(definition.type, value)]
        return tuple(flat)

    def _attribute(self, kind: str, value: Any) -> Any:
        if kind == "type":
            dtype = tf.as_dtype(value)
            return self._wider.get(dtype, dtype).as_datatype_enum
        if kind == "list(type)":
            return [self._attribute("type", item) for item in value]
        return list(value) if kind.startswith("list(") else value


def _is_fixed(op: Op, recording: Recording) -> bool:
    """Return whether the outputs of `op` are repeated, not made anew: randomness, and what holds state."""
    if "Random" in op.type or op.type in _FIXED:
        return True
    return any(recording.tensors[number].dtype in ("resource", "variant") for number in op.inputs)


_FIXED = {"Multinomial", "TruncatedNormal", "ParameterizedTruncatedNormal", "PyFunc", "PyFuncStateless"}


@functools.cache
def _attribute_definitions(kind: str) -> Mapping[str, Any]:
    definition = op_def_registry.get(kind)
    if definition is None:
        raise ReplayUnavailableError(f"{kind} is a function, not an op")
    return {attribute.name: attribute for attribute in definition.attr}


def _default(definition: Any) -> Any:
    value = definition.default_value
    if value.WhichOneof("value") != "list":
        return getattr(value, value.WhichOneof("value"))
    items = getattr(value.list, _LIST_FIELD[definition.type])
    return list(items)


_LIST_FIELD = {
    "list(int)": "i",
    "list(float)": "f",
    "list(bool)": "b",
    "list(string)": "s",
    "list(type)": "type",
    "list(shape)": "shape",
}


def _first_line(error: BaseException) -> str:
    return str(getattr(error, "message", error)).splitlines()[0]
