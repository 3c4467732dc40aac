"""The values of a recording's tensors in float64."""

from __future__ import annotations

import tensorflow as tf

from gradcheck.arrays import Array, Tensor
from gradcheck.execution.replay.machine import Machine, ReplayUnavailableError
from gradcheck.program.recording import NO_NUMBERS, Recording
from gradcheck.program.run import Run

LARGEST = 20_000_000
"""How many float64 numbers, 160 MB of them, a look at every quantity of a run may keep."""


def float64_values(run: Run) -> dict[int, Array]:
    """Return the value of every tensor of a run in float64, by number.

    Empty where a replay in float64 is unavailable, or would hold more than `LARGEST` numbers at once.
    """
    if sum(info.size for info in run.recording.tensors.values()) > LARGEST:
        return {}
    machine = Machine(run.recording, run.start, float64=True)
    try:
        for op in run.recording.ops:
            machine.run(op)
        numbers = {number for op in run.recording.ops for number in (*op.inputs, *op.outputs)}
        return {
            number: _array(machine.tensor(number)) for number in numbers if _readable(run.recording, number)
        }
    except (ReplayUnavailableError, tf.errors.OpError):
        return {}


def _readable(recording: Recording, number: int) -> bool:
    return recording.tensors[number].dtype not in NO_NUMBERS


def _array(tensor: Tensor) -> Array:
    array: Array = tensor.numpy()
    return array
