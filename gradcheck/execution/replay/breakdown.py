"""Where the numbers of a run break down: the first op that is not finite, or that loses its precision."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import tensorflow as tf

from gradcheck.arrays import Array
from gradcheck.execution.ops.dense_gradients import dense_gradients
from gradcheck.execution.replay.adjoints import adjoints
from gradcheck.execution.replay.float64_values import LARGEST, float64_values
from gradcheck.execution.replay.machine import Machine, ReplayUnavailableError
from gradcheck.judgement.differences import distance, norm
from gradcheck.program.recording import Breakdown, Op, Recording
from gradcheck.program.run import Run

_LOST, _LOST_ROUNDINGS = 1e-2, 16
"""A relative error above the first is a loss of precision; of a dtype as coarse as float16, so many roundings."""

_ROUNDED = 1e-5
"""A relative error above this is more than float32 rounds: something has fewer digits."""

_COARSE = {"bfloat16": 2.0**-7, "float16": 2.0**-10}

What = Literal["value", "precision", "coarse", "gradient", "lost"]

_LEAST = {"float16": 2.0**-24, "bfloat16": 2.0**-126, "float32": 2.0**-126}
"""The least number that is not flushed to zero."""

Quantities = Mapping[int, Array | None]
"""By tensor: its value, or the gradient of the loss for it."""


def breakdown(run: Run) -> Breakdown | None:
    """Return the first op of a run where something is not finite, or else loses its precision, or None.

    Values are looked at in the order of execution, gradients from the loss backwards. Precision is compared
    with a replay in float64: where there is none, or it would hold more than `LARGEST` numbers, only what
    is not finite is found. That none is found does not mean that the run is accurate: many small losses add up.
    """
    recording = run.recording
    ops = [op for op in recording.ops if op.index in recording.contributing and op.outputs]
    values = Held(recording, _values(recording), float64_values(run))
    found = _first_value(ops, values, _NOT_FINITE) or run.broken_by_hand
    if found is not None:
        return found
    gradients = _gradients(run)
    return (
        _first_gradient(run, ops, gradients, _NOT_FINITE)
        or _inaccurate_value(ops, values)
        or _first_gradient(run, ops, gradients, _INACCURATE)
    )


def underflow(run: Run) -> Breakdown | None:
    """Return the op from which on gradients underflow, from the loss backwards; None where none is found."""
    recording = run.recording
    ops = [op for op in recording.ops if op.index in recording.contributing and op.outputs]
    return _first_gradient(run, ops, _gradients(run), _UNDERFLOWING)


@dataclass(frozen=True)
class Held:
    """Quantities of a run compared with the same in float64, which may be missing."""

    recording: Recording
    native: Quantities
    exact: Quantities

    def is_finite(self, number: int) -> bool:
        """Return whether a quantity is finite throughout."""
        return _is_finite(self.native.get(number))

    def finite_in_float64(self, numbers: Iterable[int]) -> bool:
        """Return whether all of `numbers` are known to be finite in float64."""
        return all(number in self.exact and _is_finite(self.exact[number]) for number in numbers)

    def is_lost(self, number: int) -> bool:
        """Return whether precision cost a quantity more than it can spare."""
        return self._error(number) > max(_LOST, _LOST_ROUNDINGS * self._epsilon(number))

    def is_coarse(self, number: int) -> bool:
        """Return whether a quantity has few digits because of its dtype."""
        return self._epsilon(number) > 0 and self._error(number) > _ROUNDED

    def underflowed(self, number: int) -> float:
        """Return the share of the elements that are zero, not so in float64, and too small for the dtype."""
        native, exact = self.native.get(number), self.exact.get(number)
        if native is None or exact is None or native.shape != exact.shape or not np.any(exact):
            return 0.0
        least = _LEAST.get(self.recording.tensors[number].dtype, 0.0)
        return float(np.mean(((native == 0) & (np.abs(exact) < least))[exact != 0]))

    def _epsilon(self, number: int) -> float:
        return _COARSE.get(self.recording.tensors[number].dtype, 0.0)

    def _error(self, number: int) -> float:
        native, exact = self.native.get(number), self.exact.get(number)
        if native is None or exact is None or native.shape != exact.shape:
            return 0.0
        size, apart = norm(exact), distance(native, exact)
        return apart / size if size > 0 and np.isfinite(apart) else 0.0


def _is_finite(array: Array | None) -> bool:
    return array is None or bool(np.isfinite(array).all())


def _floating(numbers: Iterable[int], recording: Recording) -> list[int]:
    return [number for number in numbers if recording.tensors[number].floating]


def _values(recording: Recording) -> dict[int, Array]:
    return {number: _wide(recording.array(number)) for number in _floating(recording.values, recording)}


def _wide(array: Array) -> Array:
    return array if array.dtype.kind == "c" else array.astype(np.float64)


@dataclass(frozen=True)
class _Fault:
    """What may be wrong with a quantity, and what it is called in a value and in a gradient."""

    bad: Callable[[Held, int], bool]
    in_value: Literal["value", "precision", "coarse"]
    in_gradient: Literal["gradient", "lost"]


_NOT_FINITE = _Fault(lambda held, number: not held.is_finite(number), "value", "gradient")
_INACCURATE = _Fault(Held.is_lost, "precision", "lost")
_TOO_COARSE = _Fault(Held.is_coarse, "coarse", "lost")
_UNDERFLOWING = _Fault(lambda held, number: held.underflowed(number) > _SOME, "precision", "lost")

_SOME = 0.02
"""Where fewer elements underflow, that is no matter."""


def _first_value(ops: Sequence[Op], values: Held, fault: _Fault) -> Breakdown | None:
    for op in ops:
        made = [number for number in _floating(op.outputs, values.recording) if fault.bad(values, number)]
        if made and not any(fault.bad(values, number) for number in _floating(op.inputs, values.recording)):
            return _described(op, fault.in_value, made, values)
    return None


def _inaccurate_value(ops: Sequence[Op], values: Held) -> Breakdown | None:
    """Return the op that loses its precision; or what rounded the numbers of which it shows the rounding.

    The cosine of an angle of hundreds has no right digit if that has three; and it is the angle that has too few.
    """
    found = _first_value(ops, values, _INACCURATE)
    if found is None or found.dtype in _COARSE:
        return found
    needed, above = set(found.op.inputs), list[Op]()
    for op in reversed(ops[: ops.index(found.op)]):
        if not needed.isdisjoint(op.outputs):
            needed.update(op.inputs)
            above.append(op)
    return _first_value(above[::-1], values, _TOO_COARSE) or found


def _first_gradient(run: Run, ops: Sequence[Op], gradients: Held, fault: _Fault) -> Breakdown | None:
    # The derivative of the ops in a call whose gradient is written by hand is none of the program's.
    by_hand = {*run.recording.custom_gradients}
    for op in reversed([op for op in ops if by_hand.isdisjoint(op.callers)]):
        passed = [number for number in op.inputs if fault.bad(gradients, number)]
        if passed and not any(fault.bad(gradients, number) for number in op.outputs):
            # What several ops read gets a gradient from each of them: is this op's share bad?
            own = _passed_on(run, op, passed, gradients)
            if any(fault.bad(own, number) for number in passed):
                return _described(op, fault.in_gradient, passed, own)
    return None


def _described(op: Op, what: What, numbers: Sequence[int], held: Held) -> Breakdown:
    return Breakdown(
        op,
        what,
        dtype=held.recording.tensors[numbers[0]].dtype,
        finite_in_float64=held.finite_in_float64(numbers),
        underflowed=max(map(held.underflowed, numbers)),
    )


def _passed_on(run: Run, op: Op, numbers: Sequence[int], gradients: Held) -> Held:
    """Return what `op` by itself adds to the gradients for `numbers`."""
    shares = [
        _share_of(Machine(run.recording, run.start, float64), op, numbers, known)
        for float64, known in ((False, gradients.native), (True, gradients.exact))
    ]
    return Held(run.recording, *shares)


def _share_of(machine: Machine, op: Op, numbers: Sequence[int], known: Quantities) -> dict[int, Array | None]:
    inputs = [machine.tensor(number) for number in numbers]
    try:
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            machine.run(op)
            made = {n: machine.tensor(n) for n in op.outputs if known.get(n) is not None}
            # Not `output_gradients`: that fails where an op has outputs without a gradient.
            totals = [tf.reduce_sum(out * tf.cast(known[n], out.dtype)) for n, out in made.items()]
        found = dense_gradients(tape, totals, inputs)
    except (ReplayUnavailableError, tf.errors.OpError):
        return {}
    return {number: None if one is None else _wide(one) for number, one in zip(numbers, found, strict=True)}


def _gradients(run: Run) -> Held:
    """Return the gradient of the loss for every tensor that depends on a variable, as it ran and in float64."""
    recording = run.recording
    small = sum(info.size for info in recording.tensors.values()) <= LARGEST
    native = _adjoints(run, float64=False)
    exact = _adjoints(run, float64=True) if small else {}
    return Held(recording, native, exact)


def _adjoints(run: Run, *, float64: bool) -> dict[int, Array | None]:
    found = adjoints(Machine(run.recording, run.start, float64), run.recording)
    return {number: None if one is None else _wide(one) for number, one in found.items()}
