"""Which tensors of a run are the value of which variable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gradcheck.recording import Op

_READS = ("ReadVariableOp", "ResourceGather")


def variable_reads(
    ops: Sequence[Op], values: Mapping[int, Any], variables: Mapping[str, Any], tape: Any
) -> dict[int, str]:
    """Return the tensors that hold (rows of) a variable's value, by number, with the variable's path.

    Most are outputs of an op that takes the variable's handle. A variable handed straight to an op, as in
    ``x * w``, is read inside TensorFlow instead: its value arrives as a tensor that no op made, and only
    the tape knows whose it is. Equal values would not do: biases that start at zero all look alike.
    """
    handles = {variable.handle._id: path for path, variable in variables.items()}
    reads = {
        op.outputs[0]: handles[op.inputs[0]] for op in ops if op.type in _READS and op.inputs[0] in handles
    }
    made = {number for op in ops for number in op.outputs}
    for number in {number for op in ops for number in op.inputs} - made:
        path = _variable_behind(values[number], variables, tape)
        if path is not None:
            reads[number] = path
    return reads


def _variable_behind(tensor: Any, variables: Mapping[str, Any], tape: Any) -> str | None:
    alike = {
        path: variable
        for path, variable in variables.items()
        if variable.dtype == tensor.dtype and variable.shape == tensor.shape
    }
    if not alike:
        return None
    gradients = tape.gradient(tensor, list(alike.values()))
    return next((path for path, found in zip(alike, gradients, strict=True) if found is not None), None)
