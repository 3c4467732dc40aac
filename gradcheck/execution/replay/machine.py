"""Run a recording again under a tape: at its own precision, or in float64."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf

from gradcheck.arrays import Array, Tensor
from gradcheck.execution.ops.attributes import WIDER, definition, flat_attributes
from gradcheck.execution.ops.dense_gradients import dense_gradients
from gradcheck.execution.ops.float64_kernels import Kernel, attributes_by_name, float64_kernel
from gradcheck.execution.ops.stateful import (
    follows_a_variable,
    keeps_its_record,
    obstacle,
)
from gradcheck.execution.ops.unavailable import ReplayUnavailableError, unavailable
from gradcheck.execution.record.inline import WHY
from gradcheck.execution.record.variable_reads import assigns, read_again
from gradcheck.execution.tensorflow_internals import dtype_number, record_gradient, run_op
from gradcheck.program.ops import DRAW_DIFFERENTIABLY, ONLY_TELL, READ_BITS
from gradcheck.program.recording import Op, Recording

__all__ = ["Machine", "Replay", "ReplayUnavailableError", "replay", "run_through"]

_UNRECORDED = {"StopGradient"}
"""tf.stop_gradient runs outside the tape. Seen by the tape, it would change the order in which gradients
are added up, and with it their rounding."""


class _NotInFloat64Error(ReplayUnavailableError):
    """An op runs, and what it gives is not what it would be in float64."""


_WIDER = {narrow.as_datatype_enum: wide.as_datatype_enum for narrow, wide in WIDER.items()}

_CANNOT_RUN = (tf.errors.OpError, TypeError, ValueError, NotImplementedError, _NotInFloat64Error)
"""What TensorFlow raises if there is no such kernel, or if it needs other inputs. All else is our bug."""


@dataclass(frozen=True)
class Replay:
    """What a replay gave; `gradients` follow the order of the case's variables, `tensors` are what was held."""

    value: float
    gradients: list[Array | None]
    tensors: Mapping[int, Tensor] = field(default_factory=dict)


def replay(recording: Recording, start: Mapping[str, Tensor], *, float64: bool) -> Replay:
    """Run `recording` again and differentiate its loss.

    Parameters
    ----------
    recording
        Its values must still be available.
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
    Random ops repeat the outputs they gave. Assignments are not repeated: what is read after one has the
    value it had. Gradients written by hand (`tf.custom_gradient`) are not known to a recording: the
    replay differentiates the ops inside, which is why a replay must be compared with the tape before
    it is believed.
    """
    return run_through(Machine(recording, start, float64), recording)


def run_through(machine: Machine, recording: Recording, *, hold: bool = False) -> Replay:
    """Let `machine` run all of a recording under a tape, and differentiate its loss. `hold` lets go of nothing."""
    with tf.GradientTape() as tape:
        leaves = machine.watched(tape)
        for op in recording.ops:
            machine.run(op)
            # What the gradient needs is kept by the tape. The rest would take as much memory again.
            machine.let_go(() if hold else recording.last_needed.get(op.index, ()))
        loss = machine.tensor(recording.loss)
    try:
        gradients = dense_gradients(tape, loss, leaves)
    except Exception as error:  # a gradient that the user registered may raise whatever it likes
        raise ReplayUnavailableError(
            f"its gradient cannot be computed again: {_first_line(error)}"
        ) from error
    return Replay(float(tf.reduce_sum(tf.cast(loss, tf.float64))), gradients, machine.held if hold else {})


class Machine:
    """The tensors of one replay, by the numbers that they have in the recording."""

    def __init__(self, recording: Recording, start: Mapping[str, Tensor], float64: bool) -> None:
        self._recording = recording
        self._reads = recording.reads
        self._float64 = float64
        self._tensors: dict[int, Tensor] = {}
        self.leaves = {path: self._leaf(value) for path, value in start.items()}
        self._assigned = assigns(recording)
        self._flat: dict[tuple[str, int], tuple[Mapping[str, Any], tuple[Any, ...]]] = {}

    def watched(self, tape: Any) -> list[Tensor]:
        """Return one tensor per variable, watched by `tape`; each read of the variable is a copy of it."""
        for leaf in self.leaves.values():
            tape.watch(leaf)
        return list(self.leaves.values())

    def tensor(self, number: int) -> Tensor:
        """Return the replayed tensor; what no op made is a constant, or the value of a variable."""
        if number not in self._tensors:
            path = self._reads.get(number)
            made = self._recorded(number) if path is None else self._as_it_was(number, self.read(path))
            self._tensors[number] = made
        return self._tensors[number]

    def run(self, op: Op) -> None:
        """Run one op and keep its outputs."""
        if not op.outputs:  # an assignment, a print
            return
        if op.outputs[0] in self._reads:
            indices = self.tensor(op.inputs[1]) if len(op.inputs) > 1 else None
            value = read_again(op, self.read(self._reads[op.outputs[0]]), indices)
            self._tensors[op.outputs[0]] = self._as_it_was(op.outputs[0], value)
        elif definition(op.type) is None:
            raise unavailable(op, op.attributes.get(WHY, "is not an op"), "a function called as a graph")
        elif keeps_its_record(op, self._recording):
            self._repeat(op)
        else:
            self._make(op)

    @property
    def held(self) -> dict[int, Tensor]:
        """The tensors that are there, by number."""
        return self._tensors

    def let_go(self, numbers: Iterable[int]) -> None:
        """Let go of tensors that are not asked for again."""
        for number in numbers:
            self._tensors.pop(number, None)

    def read(self, path: str) -> Tensor:
        """Return the value of the variable, for one reader."""
        # The tape adds up the gradients of reads in the order of the reads, as it did for the variable:
        # with one shared tensor the order of the sum, and so its rounding, would be another.
        value: Tensor = tf.identity(self.leaves[path])
        return value

    def _as_it_was(self, number: int, value: Tensor) -> Tensor:
        """Return the read `value`, or the recorded one if the variable was assigned to in the meantime.

        For the tape, a read after an assignment is still a read of the variable.
        """
        if not self._assigned:
            return value
        recorded = self._recorded(number)
        if np.array_equal(value.numpy(), recorded.numpy()):
            return value
        assigned = tf.custom_gradient(lambda _: (tf.identity(recorded), lambda upstream: upstream))
        read: Tensor = assigned(value)
        return read

    def _recorded(self, number: int) -> Tensor:
        return self._widened(self._recording.values[number])

    def _leaf(self, value: Tensor) -> Tensor:
        """Return what a variable is to be differentiated for."""
        return self._widened(value)

    def _widened(self, tensor: Tensor) -> Tensor:
        own = dtype_number(tensor)
        wanted = _WIDER.get(own) if self._float64 else None
        return tensor if wanted is None else run_op("Cast", 1, [tensor], ("SrcT", own, "DstT", wanted))[0]

    def _repeat(self, op: Op) -> None:
        """Leave the outputs of `op` to be what they were; a gradient for its parameters stays one."""
        error = obstacle(op, self._recording)
        if error is not None:
            raise error
        if op.type in DRAW_DIFFERENTIABLY:
            attributes = flat_attributes(op.type, op.attributes, float64=self._float64)
            outputs = [self._recorded(number) for number in op.outputs]
            inputs = [self.tensor(number) for number in op.inputs]
            record_gradient(op.type, inputs, attributes, outputs)
            self._tensors.update(zip(op.outputs, outputs, strict=True))

    def _make(self, op: Op) -> None:
        """Run `op`, or its float64 kernel. What does not follow from a variable may also stay as it was."""
        inputs = [self.tensor(number) for number in op.inputs]
        kernel = float64_kernel(op.type, inputs)
        try:
            outputs = (
                self._execute(op, inputs) if kernel is None else self._by_float64_kernel(op, kernel, inputs)
            )
        except _CANNOT_RUN as error:
            if follows_a_variable(op, self._recording):
                raise unavailable(op, f"cannot be run in float64: {_first_line(error)}") from error
        else:
            self._tensors.update(zip(op.outputs, outputs, strict=True))

    def _by_float64_kernel(self, op: Op, kernel: Kernel, inputs: list[Tensor]) -> Sequence[Tensor]:
        return kernel(inputs, attributes_by_name(op.type, op.attributes))[: len(op.outputs)]

    def _execute(self, op: Op, inputs: list[Tensor]) -> Sequence[Tensor]:
        if self._float64 and op.type in READ_BITS:
            raise _NotInFloat64Error("it operates on the bits of its input")
        kind = "Identity" if op.type in ONLY_TELL else op.type
        attributes = self._attributes(kind, op)
        outputs = run_op(kind, len(op.outputs), inputs, attributes)
        if self._float64 and any(dtype_number(output) in _WIDER for output in outputs):
            raise _NotInFloat64Error("it always computes in float32")
        if op.type not in _UNRECORDED:
            self._record(kind, op, inputs, attributes, outputs)
        return outputs

    def _attributes(self, kind: str, op: Op) -> tuple[Any, ...]:
        """Return the attributes of an op for TensorFlow; thousands of ops of a loop share them."""
        key = kind, id(op.attributes)
        known = self._flat.get(key)
        if known is None:
            flat = flat_attributes(kind, op.attributes, float64=self._float64)
            known = self._flat[key] = op.attributes, flat  # held, so that nothing else gets this id
        return known[1]

    def _record(
        self, kind: str, op: Op, inputs: list[Tensor], attributes: tuple[Any, ...], outputs: Sequence[Tensor]
    ) -> None:
        """Let the tape know how the gradient of an op is taken."""
        record_gradient(kind, inputs, attributes, outputs)


def _first_line(error: BaseException) -> str:
    """Return what TensorFlow says, without the name of the kernel in front of it and the op's behind."""
    lines = str(getattr(error, "message", error)).splitlines() or [type(error).__name__]
    return re.sub(r"^\{\{function_node [^}]*\}\} |( name: )?$|( \[Op:\w+\])? name: $", "", lines[0])
