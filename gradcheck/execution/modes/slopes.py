"""Where an op has an infinite slope that the backward pass multiplies by zero."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from gradcheck.execution.ops.dense_gradients import dense
from gradcheck.execution.replay.machine import Machine, ReplayUnavailableError
from gradcheck.program.ops import OPS
from gradcheck.program.recording import Op
from gradcheck.program.run import Run

_CHOOSES = frozenset(name for name, op in OPS.items() if op.kind == "choice" or op.masked_by)


def infinite_slope(run: Run) -> Op | None:
    """Return the first op whose own derivative is not finite somewhere, though what it gives is; None if none is.

    A gradient of zero that reaches it stays zero only where the kernel takes care of that: XLA's do not.
    """
    recording = run.recording
    machine = Machine(recording, run.start, float64=False)
    for op in recording.ops:
        try:
            inputs = [machine.tensor(number) for number in op.inputs]
            with tf.GradientTape() as tape:
                tape.watch([one for one in inputs if one.dtype.is_floating])
                machine.run(op)
                made = [machine.tensor(n) for n in op.outputs if recording.tensors[n].floating]
            if op.index not in recording.contributing or not _looked_at(op, made):
                continue
            slopes = tape.gradient(made, [one for one in inputs if one.dtype.is_floating])
        except (ReplayUnavailableError, tf.errors.OpError, LookupError, TypeError):
            continue
        if any(one is not None and not np.isfinite(dense(one)).all() for one in slopes):
            return op
    return None


def _looked_at(op: Op, made: list[tf.Tensor]) -> bool:
    return op.type not in _CHOOSES and bool(made) and all(np.isfinite(dense(one)).all() for one in made)
