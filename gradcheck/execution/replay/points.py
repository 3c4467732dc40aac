"""The quantities of a run at two points: with the variables as they are, and with all of them moved a little.

Two programs that compute the same quantity compute the same at either point. What a gradient does not pass
(`tf.stop_gradient`, whole numbers, comparisons) stays at the second point what it was at the first. So that two
quantities agree at both says that they have the same numbers and, but for differences of second order, that they
pass on the same derivative; and it takes a replay and no tape.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from gradcheck.arrays import Array, normal
from gradcheck.execution.replay.edit_ops import MisfitError
from gradcheck.execution.replay.float64_values import LARGEST
from gradcheck.execution.replay.machine import Machine, ReplayUnavailableError
from gradcheck.program.recording import NO_NUMBERS, Op, Recording
from gradcheck.program.run import Run
from gradcheck.program.splice import STEP

UNABLE = (ReplayUnavailableError, MisfitError, tf.errors.OpError)
"""What a replay raises that cannot go on."""


@dataclass(frozen=True)
class Points:
    """The tensors of one run by number, at the point where it was run and at the one next to it."""

    here: Mapping[int, Any]
    there: Mapping[int, Any]

    def arrays(self) -> tuple[dict[int, Array], dict[int, Array]]:
        """Return the same as arrays."""
        here, there = ({n: tensor.numpy() for n, tensor in side.items()} for side in (self.here, self.there))
        return here, there


def is_cut(op: Op, recording: Recording) -> bool:
    """Return whether no gradient passes an op, though what it gives may follow what it is given."""
    if op.type == "StopGradient":
        return True
    floats = any(recording.tensors[number].floating for number in op.inputs)
    return floats and not any(recording.tensors[number].floating for number in op.outputs)


def points_of(run: Run, known: Mapping[int, Any] | None = None) -> Points | None:
    """Replay a run in float64 at both points; None where it cannot be, or has more than `LARGEST` numbers.

    Parameters
    ----------
    known
        What a replay at the first point gave, by number, if there was one.
    """
    recording = run.recording
    if sum(info.size for info in recording.tensors.values()) > LARGEST:
        return None
    here = _Here(recording, run.start, float64=True)
    here.take(known or {})
    there = _There(recording, moved(run.start), here)
    try:
        for op in recording.ops:
            if not known:
                here.run(op)
            there.run(op)
        return Points(here.all_tensors(), there.all_tensors())
    except UNABLE:
        return None


def moved(start: Mapping[str, Any]) -> dict[str, Any]:
    """Return the variables a step away, in a direction of its own for each path, in float64."""
    found = {}
    for number, path in enumerate(sorted(start)):
        value = tf.cast(start[path], tf.complex128 if start[path].dtype.is_complex else tf.float64).numpy()
        size = float(np.sqrt(np.mean(np.abs(value) ** 2))) if value.size else 0.0
        way = normal(np.random.default_rng(number), value.shape)
        found[path] = tf.constant(value + STEP * max(size, _SMALLEST) * way)
    return {path: found[path] for path in start}


_SMALLEST = 0.1
"""The size of a variable that is zero, for a start."""


class _Here(Machine):
    def take(self, known: Mapping[int, Any]) -> None:
        self._tensors.update(known)

    def all_tensors(self) -> dict[int, Any]:
        numbers = {number for op in self._recording.ops for number in (*op.inputs, *op.outputs)}
        numbers.add(self._recording.loss)
        readable = (n for n in numbers if self._recording.tensors[n].dtype not in NO_NUMBERS)
        return {number: self.tensor(number) for number in readable}


class _There(_Here):
    """A replay with the variables moved, beside the one in which they are not."""

    def __init__(self, recording: Recording, start: Mapping[str, Any], here: Machine) -> None:
        super().__init__(recording, start, float64=True)
        self._here = here

    def run(self, op: Op) -> None:
        if op.outputs and (self._is_still(op) or is_cut(op, self._recording)):
            self._tensors.update((number, self._here.tensor(number)) for number in op.outputs)
        else:
            super().run(op)

    def _is_still(self, op: Op) -> bool:
        """Return whether an op is given at this point what it is given at the other, and so gives the same."""
        if op.outputs[0] in self._reads:
            return False
        return all(self.tensor(number) is self._here.tensor(number) for number in op.inputs)

    def _recorded(self, number: int) -> Any:
        return self._here.tensor(number)  # a constant, in float64 already

    def _as_it_was(self, number: int, value: Any) -> Any:
        if not self._assigned:
            return value
        return self._here.tensor(number) + (value - self._here.read(self._reads[number]))
