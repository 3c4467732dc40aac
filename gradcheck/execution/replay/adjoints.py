"""Gradients of a loss for what it was computed from on the way, not only for its variables."""

from __future__ import annotations

import tensorflow as tf

from gradcheck.arrays import Array
from gradcheck.execution.ops.dense_gradients import dense_gradients
from gradcheck.execution.replay.machine import Machine, ReplayUnavailableError
from gradcheck.program.recording import Recording


def adjoints(machine: Machine, recording: Recording) -> dict[int, Array | None]:
    """Return the gradient of the loss for each tensor that depends on a variable, by number.

    None where no path leads from it to the loss that gradients pass; empty where the ops cannot be run again.
    """
    numbers = sorted(recording.trainable)
    try:
        with tf.GradientTape() as tape:
            machine.watched(tape)
            for op in recording.ops:
                machine.run(op)
            tensors = [machine.tensor(number) for number in numbers]
            loss = machine.tensor(recording.loss)
        found = dense_gradients(tape, loss, tensors)
    except (ReplayUnavailableError, tf.errors.OpError):
        return {}
    return dict(zip(numbers, found, strict=True))
