"""Which tensors of a run are the value of which variable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from gradcheck.arrays import Tensor
from gradcheck.execution.tensorflow_internals import handle_of, tensor_id
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
    for number in {number for op in ops for number in op.inputs} - made:
        path = _variable_behind(values[number], variables, tape)
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
    return any(
        not op.outputs and op.inputs and recording.tensors[op.inputs[0]].dtype == "resource"
        for op in recording.ops
    )


def _variable_behind(tensor: Tensor, variables: Mapping[str, Any], tape: Any) -> str | None:
    alike = {
        path: variable
        for path, variable in variables.items()
        if variable.dtype == tensor.dtype and variable.shape.is_compatible_with(tensor.shape)
    }
    if not alike:
        return None
    gradients = tape.gradient(tensor, list(alike.values()))
    return next((path for path, found in zip(alike, gradients, strict=True) if _is_read(found)), None)


def _is_read(gradient: Any) -> bool:
    """Return whether `gradient` is that of a plain copy: 1 everywhere."""
    return gradient is not None and bool(np.all(tf.convert_to_tensor(gradient).numpy() == 1))
