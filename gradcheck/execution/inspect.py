"""What a recording's quantities are in float64, and where its numbers break down."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from gradcheck.execution.replay import Machine, ReplayUnavailableError
from gradcheck.execution.run import Run
from gradcheck.judgement.differences import Array
from gradcheck.recording import Breakdown, Op, Recording

LARGEST = 20_000_000
"""How many float64 numbers, 160 MB of them, a look at every quantity of a run may keep."""

_LOST, _INTACT = 1e-2, 1e-4


def precise_values(run: Run) -> dict[int, Array]:
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


def breakdown(run: Run) -> Breakdown | None:
    """Return the first op of a run where something is not finite, or else loses its precision, or None.

    Values are looked at first, in the order of execution; then gradients, from the loss backwards.
    """
    return _forward(run) or _backward(run)


def _forward(run: Run) -> Breakdown | None:
    recording, exact = run.recording, precise_values(run)
    for op in recording.ops:
        if op.index not in recording.contributing:
            continue
        outputs = [n for n in op.outputs if recording.tensors[n].floating]
        inputs = [n for n in op.inputs if recording.tensors[n].floating]
        if not all(_finite(recording, number) for number in outputs):
            if all(_finite(recording, number) for number in inputs):
                return Breakdown(op, "value", finite_in_float64=_all_finite(exact, outputs))
        elif exact and _loses_precision(recording, exact, inputs, outputs):
            return Breakdown(op, "precision", finite_in_float64=True)
    return None


def _loses_precision(
    recording: Recording, exact: dict[int, Array], inputs: list[int], outputs: list[int]
) -> bool:
    lost = any(_error(recording, exact, number) > _LOST for number in outputs)
    return lost and all(_error(recording, exact, number) < _INTACT for number in inputs)


def _backward(run: Run) -> Breakdown | None:
    machine = Machine(run.recording, run.start, float64=False)
    try:
        with tf.GradientTape(persistent=True) as tape:
            machine.watched(tape)
            for op in run.recording.ops:
                machine.run(op)
            loss = machine.tensor(run.recording.loss)
    except (ReplayUnavailableError, tf.errors.OpError):
        return None
    for op in reversed(run.recording.ops):
        if op.index in run.recording.contributing and _breaks(op, run.recording, machine, tape, loss):
            return Breakdown(op, "gradient", finite_in_float64=False)
    return None


def _breaks(op: Op, recording: Recording, machine: Machine, tape: Any, loss: Any) -> bool:
    """Return whether `op` is given a finite gradient and passes on one that is not."""
    inputs = [machine.tensor(n) for n in op.inputs if n in recording.trainable]
    output = op.outputs[0]
    if not inputs or output not in recording.trainable:
        return False
    made = machine.tensor(output)
    upstream = tape.gradient(loss, made)
    if upstream is None or not _is_finite(upstream):
        return False
    passed = tape.gradient(made, inputs, output_gradients=tf.convert_to_tensor(upstream))
    return any(gradient is not None and not _is_finite(gradient) for gradient in passed)


def _is_finite(gradient: Any) -> bool:
    return bool(tf.reduce_all(tf.math.is_finite(tf.convert_to_tensor(gradient))))


def _readable(recording: Recording, number: int) -> bool:
    return recording.tensors[number].dtype not in ("resource", "variant", "string")


def _array(tensor: Any) -> Array:
    array: Array = tensor.numpy()
    return array


def _finite(recording: Recording, number: int) -> bool:
    return bool(np.isfinite(recording.array(number).astype(np.float64)).all())


def _all_finite(exact: dict[int, Array], numbers: list[int]) -> bool:
    return all(number in exact and bool(np.isfinite(exact[number]).all()) for number in numbers)


def _error(recording: Recording, exact: dict[int, Array], number: int) -> float:
    """Return the relative error of a tensor that its precision costs it."""
    native = recording.array(number).astype(np.float64)
    precise = exact[number]
    size = float(np.linalg.norm(precise))
    apart = float(np.linalg.norm(native - precise))
    return apart / size if size > 0 and np.isfinite(apart) else 0.0
