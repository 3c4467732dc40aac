"""A replay whose ops adapt to earlier changes: new shapes, ranks and dtypes."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from gradcheck.arrays import Tensor
from gradcheck.execution.ops.attributes import WIDER
from gradcheck.execution.ops.float64_kernels import float64_kernel
from gradcheck.execution.ops.fragile import fragile_ranks, harmless_from
from gradcheck.execution.ops.stateful import keeps_its_record
from gradcheck.execution.replay.edit_ops import (
    MisfitError,
    fitted,
    inferred_types,
    lengths_that_fit,
    of_one_dtype,
)
from gradcheck.execution.replay.machine import Machine
from gradcheck.execution.tensorflow_internals import dtype_number, known_shape
from gradcheck.program.ops import ELEMENTWISE, REDUCTIONS
from gradcheck.program.recording import Op, Recording

_FLOAT64 = tf.float64.as_datatype_enum

_ROOM = 64
"""How many times as large as the largest tensor of the recording one may become. Shapes that no longer go together
are broadcast against each other again and again, to tensors of billions of numbers."""


class AdaptingMachine(Machine):
    """A replay in which the tensors of `changed` have changed."""

    def __init__(self, recording: Recording, start: Mapping[str, Tensor], *, float64: bool) -> None:
        super().__init__(recording, start, float64=float64)
        self.changed: set[int] = set()
        self._most = _ROOM * max((info.size for info in recording.tensors.values()), default=1)

    def adapted(self, op: Op, kind: str, inputs: list[Tensor]) -> Sequence[Tensor]:
        """Run an op whose inputs may have another dtype or rank than when it was recorded."""
        ranks = fragile_ranks(kind, list(map(known_shape, inputs)))
        if ranks is not None and ranks != fragile_ranks(op.type, self._recording.shapes(op.inputs)):
            raise MisfitError(f"{kind} would be given tensors of other ranks")
        self._check_numbers(op, kind, inputs)
        if kind == "Range":
            self._check_length(inputs)
        if kind == op.type and self._are_as_recorded(op, inputs) and float64_kernel(kind, inputs) is None:
            return fitted(self._execute, op, inputs)  # type: ignore[no-any-return]
        inputs = of_one_dtype(kind, inputs)
        if kind == "Cast":
            wanted = tf.as_dtype(op.attributes["DstT"])
            # What was cast to a float already is one; to cast it to an integer now would undo an edit.
            return [tf.cast(inputs[0], WIDER.get(wanted, wanted))]
        if kind == "Reshape" and inputs[1].shape.rank == 1:
            inputs = [inputs[0], lengths_that_fit(*inputs)]
        if kind in REDUCTIONS and op.type in REDUCTIONS and self.reduces_all(op):
            inputs = [inputs[0], tf.range(tf.rank(inputs[0]))]
        self._check_room(kind, inputs)
        attributes = {**op.attributes, **inferred_types(kind, inputs)}
        plain = Op(op.index, kind, op.inputs, op.outputs, attributes, op.site)
        kernel = float64_kernel(kind, inputs)
        outputs: Sequence[Tensor] = (
            fitted(self._execute, plain, inputs)
            if kernel is None
            else fitted(self._by_float64_kernel, plain, kernel, inputs)
        )
        return outputs

    def _are_as_recorded(self, op: Op, inputs: Sequence[Tensor]) -> bool:
        """Return whether all inputs but those in float64 are the recorded ones, and these have their shapes."""
        infos = self._recording.tensors
        return len(inputs) == len(op.inputs) and all(
            infos[number].floating and known_shape(each) == infos[number].shape
            if dtype_number(each) == _FLOAT64
            else number not in self.changed
            for number, each in zip(op.inputs, inputs, strict=True)
        )

    def _check_room(self, kind: str, inputs: Sequence[Tensor]) -> None:
        """Raise a `MisfitError` where an op would read, or make by broadcasting, far more than was recorded."""
        shapes = [known_shape(each) for each in inputs]
        sizes = [math.prod(shape) for shape in shapes]
        if kind in ELEMENTWISE and math.prod(sizes) > self._most:  # or no shape can be too large
            with contextlib.suppress(ValueError):  # shapes that do not go together: TensorFlow says so itself
                sizes.append(math.prod(np.broadcast_shapes(*shapes)))
        if max(sizes, default=0) > self._most:
            raise MisfitError(f"{kind} would handle {max(sizes)} numbers")

    def _check_numbers(self, op: Op, kind: str, inputs: Sequence[Tensor]) -> None:
        """Raise a `MisfitError` where an op would be given a number that was not recorded and may do harm."""
        place, least = harmless_from(kind) or (0, None)
        if least is None or (kind == op.type and op.inputs[place] not in self.changed):
            return
        if np.any(np.asarray(inputs[place]) < least):
            raise MisfitError(f"{kind} would be given a number below {least}")

    def _check_length(self, inputs: Sequence[Tensor]) -> None:
        """Raise a `MisfitError` where a range, whatever its step, would be far longer than what was recorded."""
        if all(each.shape.rank == 0 for each in inputs):
            start, limit, step = (float(np.array(each)) for each in inputs)
            if step and abs(limit - start) > self._most * abs(step):
                raise MisfitError("Range would make too many numbers")

    def keeps_state(self, op: Op) -> bool:
        """Whether it reads something that is not a tensor (a variable, a generator), so it must keep its dtype."""
        return op.outputs[0] in self._reads or keeps_its_record(op, self._recording)

    def reduces_all(self, op: Op) -> bool:
        """Return whether `op` reduces over all axes, be there none: it has to when an edit changes the rank."""
        rank = len(self._recording.tensors[op.inputs[0]].shape)
        return self._recording.tensors[op.inputs[1]].size == rank

    def follow_lengths(self, op: Op) -> None:
        """Let the count of a tensor's elements follow an edit that changed its shape.

        Keras's losses ask for the shape, keep the lengths as numbers, and multiply these.
        """
        if op.type != "Prod" or self._recording.producer(op.inputs[0]) is not None:
            return
        lengths = tuple(self._recording.array(op.inputs[0]))
        counted = [number for number in self.changed if self._was_asked_for_its_shape(number, lengths)]
        if counted:
            self._tensors[op.inputs[0]] = tf.shape(self.tensor(max(counted)))
            self.changed.add(op.inputs[0])

    def _was_asked_for_its_shape(self, number: int, lengths: tuple[int, ...]) -> bool:
        consumers = self._recording.consumers.get(number, ())
        had = self._recording.tensors[number].shape
        return had == lengths and any(consumer.type == "Shape" for consumer in consumers)
