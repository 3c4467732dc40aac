"""Which tensors of a run are the value of which variable."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from gradcheck.arrays import Tensor, array_of
from gradcheck.execution.tensorflow_internals import dtype_number, handle_of, known_shape, tensor_id
from gradcheck.program.ops import READ_VARIABLES
from gradcheck.program.recording import Op, Recording


def variable_reads(
    ops: Sequence[Op], values: Mapping[int, Tensor], variables: Mapping[str, Any], tape: Any
) -> dict[int, str]:
    """Return the tensors that hold (rows of) a variable's value, by number, with the variable's path.

    Most are outputs of an op that takes the variable's handle. A variable handed straight to an op, as in
    ``x * w``, is read inside TensorFlow instead: its value arrives as a tensor that no op made, and only
    the tape knows whose it is. Equal values would not do: biases that start at zero all look alike.
    """
    handles = {tensor_id(handle_of(variable)): path for path, variable in variables.items()}
    reads = {}
    for op in ops:
        if op.inputs and op.inputs[0] in handles:
            if op.type in READ_VARIABLES:
                reads[op.outputs[0]] = handles[op.inputs[0]]
            elif op.type == "Identity":  # a loop in a function hands the handle on from step to step
                handles[op.outputs[0]] = handles[op.inputs[0]]
    made = {number for op in ops for number in op.outputs}
    unmade = {number for op in ops for number in op.inputs} - made
    direct = _DirectReads(variables, tape, by_value=not _may_assign(ops, values))
    for number in sorted(unmade):
        path = direct.path_of(values[number])
        if path is not None:
            reads[number] = path
    return reads


def read_again(op: Op, variable: Tensor, indices: Tensor | None) -> Tensor:
    """Return what `op` reads of `variable`, which is a tensor here; `indices` are of the rows, if any."""
    match op.type:
        case "ReadVariableOp":
            return variable
        case "ResourceGather":
            rows: Tensor = tf.gather(variable, indices, batch_dims=op.attributes.get("batch_dims") or 0)
        case _:
            rows = tf.gather_nd(variable, indices)
    return rows


def assigns(recording: Recording) -> bool:
    """Return whether some op may have changed a variable: it takes a handle and returns nothing."""
    return _may_assign(recording.ops, recording.tensors)


def _may_assign(ops: Iterable[Op], tensors: Mapping[int, Any]) -> bool:
    return any(tensors[op.inputs[0]].dtype == "resource" for op in ops if op.inputs and not op.outputs)


class _DirectReads:
    """Finds the variables whose value arrived as a tensor that no op made.

    Asking the tape takes time, so it is asked for one variable after another of those that may be it: of the same
    shape and, if none was assigned to, with the same first numbers. What is read next is mostly what was read
    before, or the next variable.

    Parameters
    ----------
    variables, tape
        As for `variable_reads`.
    by_value
        Whether the variables still have the values that were read.
    """

    def __init__(self, variables: Mapping[str, Any], tape: Any, *, by_value: bool) -> None:
        self._tape = tape
        self._by_value = by_value
        self._alike: dict[Hashable, list[tuple[str, Any]]] = {}
        self._latest: dict[Hashable, int] = {}
        self._kinds: set[Hashable] = set()
        for path, variable in variables.items():
            self._alike.setdefault(self._key(variable), []).append((path, variable))
            self._kinds.add(_kind(tf.convert_to_tensor(variable)))

    def path_of(self, tensor: Tensor) -> str | None:
        """Return the path of the variable that a tensor is the value of; None where it is of none."""
        if _kind(tensor) not in self._kinds:  # most are indices and sizes
            return None
        key = self._key(tensor)
        alike, first = self._alike.get(key, []), self._latest.get(key, 0)
        for step in range(len(alike)):
            place = (first + step) % len(alike)
            path, variable = alike[place]
            if _is_read(self._tape.gradient(tensor, variable)):
                self._latest[key] = place
                return path
        return None

    def _key(self, thing: Any) -> Hashable:
        """Return what a variable and its value have in common."""
        value = tf.convert_to_tensor(thing)
        start = array_of(value).ravel()[:_FIRST].tobytes() if self._by_value else b""
        return value.dtype, tuple(value.shape.as_list()), start


_FIRST = 16


def _kind(value: Tensor) -> Hashable:
    return dtype_number(value), known_shape(value)


def _is_read(gradient: Any) -> bool:
    """Return whether `gradient` is that of a plain copy: 1 everywhere."""
    return gradient is not None and bool(np.all(tf.convert_to_tensor(gradient).numpy() == 1))
