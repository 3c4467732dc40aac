"""Find where a gradient that is exactly zero, or None, is blocked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from gradcheck.arrays import Tensor
from gradcheck.execution.replay.machine import Machine, ReplayUnavailableError
from gradcheck.program.ops import ASK_FOR_SHAPE, LINEAR, multiplies
from gradcheck.program.recording import Closing, Op, Recording
from gradcheck.program.run import Run

LARGEST = 20_000_000
"""How many numbers the tensors of a recording may hold; beyond, no place is looked for."""


def closings(run: Run, paths: Sequence[str], exactly: frozenset[str]) -> dict[str, Closing]:
    """Return where the way to each of the variables `paths` is closed, whose gradients are zero or None.

    Parameters
    ----------
    exactly
        Those whose gradient is zero or None in float64, too. Of the others it may be that float32 adds up to
        zero what is zero on paper: for these only an op whose own derivative vanishes counts.

    Notes
    -----
    Where what an op passes on merely adds up to zero, nothing is closed, and the variable is left out. So are
    all where the recording cannot be replayed.
    """
    recording = run.recording
    if not paths or sum(info.size for info in recording.tensors.values()) > LARGEST:
        return {}
    way = _Way.through(run)
    if way is None:
        return {}
    found = {path: way.closing(path, path in exactly) for path in paths}
    return {path: closing for path, closing in found.items() if closing is not None}


@dataclass(frozen=True)
class _Way:
    """A replay in the recording's own precision, on a tape that knows every tensor."""

    recording: Recording
    machine: Machine
    tape: Any
    gradients: dict[int, Any]

    @classmethod
    def through(cls, run: Run) -> _Way | None:
        """Replay `run`; None where that is not possible."""
        recording, machine = run.recording, Machine(run.recording, run.start, float64=False)
        numbers = sorted(recording.trainable)
        try:
            with tf.GradientTape(persistent=True) as tape:
                machine.watched(tape)
                for op in recording.ops:
                    machine.run(op)
                    for number in recording.trainable.intersection(op.outputs):
                        tape.watch(machine.tensor(number))  # what a stop_gradient gives is on no tape
                loss = machine.tensor(recording.loss)
            found = tape.gradient(loss, [machine.tensor(number) for number in numbers])
        except (ReplayUnavailableError, tf.errors.OpError, LookupError):
            return None
        return cls(recording, machine, tape, dict(zip(numbers, found, strict=True)))

    def closing(self, path: str, exactly: bool) -> Closing | None:
        """Return where the way to one variable is closed; None where nothing is, or it was not touched."""
        reads = {number for number, read in self.recording.reads.items() if read == path}
        if not reads:
            return Closing("unread")
        if not any(self.recording.tensors[number].size for number in reads):
            return None
        last, without, closed = self._followed(reads)
        passed = [self._passes(op, number) for op, number in closed]
        if "some" in passed:  # it adds up to zero, which closes nothing
            return None
        ends = (
            Closing("none", op) if back == "none" else self._of_zeros(op, number, exactly)
            for (op, number), back in zip(closed, passed, strict=True)
        )
        if closed:
            return next((closing for closing in ends if closing is not None), None)
        without = [op for op in without if op.index in self.recording.contributing]
        return Closing("none", without[-1]) if without else Closing("copied", last)

    def _followed(self, reads: set[int]) -> tuple[Op | None, list[Op], list[tuple[Op, int]]]:
        """Follow a variable as far as no gradient comes back.

        Returns
        -------
        The last op; the ops on the way whose result is no floating number; and the ops that are given a gradient
        and pass none on, each with what it reads of the variable, those that were asked to stop it last.
        """
        reached, last = set(reads), None
        without: list[Op] = []
        closed: list[tuple[Op, int]] = []
        for op in self.recording.ops:
            read = next((number for number in op.inputs if number in reached), None)
            if read is None or not op.outputs or op.type in ASK_FOR_SHAPE:
                continue
            last = op
            if any(self._is_live(number) for number in op.outputs):
                closed.append((op, read))
                continue
            passing = [number for number in op.outputs if number in self.recording.trainable]
            reached.update(passing)
            without += [] if passing else [op]
        return last, without, sorted(closed, key=lambda each: each[0].type == "StopGradient")

    def _is_live(self, number: int) -> bool:
        gradient = self.gradients.get(number)
        return gradient is not None and _any(gradient)

    def _passes(self, op: Op, number: int) -> str:
        """Return what comes back through one op alone: ``none``, ``zero``, or ``some``, which adds up to zero."""
        made = [output for output in op.outputs if self._is_live(output)]
        back = self.tape.gradient(
            [self.machine.tensor(output) for output in made],
            self.machine.tensor(number),
            output_gradients=[tf.convert_to_tensor(self.gradients[output]) for output in made],
        )
        if back is None:
            return "none"
        return "some" if _any(back) else "zero"

    def _of_zeros(self, op: Op, number: int, exactly: bool) -> Closing | None:
        others = [other for other in op.inputs if other != number and self.recording.tensors[other].floating]
        if multiplies(op.type):
            for other in others:
                if not _any(self.machine.tensor(other)):
                    return self._times_zero(op, other)
            return Closing("zero", op) if exactly else None
        return None if op.type in LINEAR else Closing("zero", op)

    def _times_zero(self, op: Op, number: int) -> Closing:
        """Return what made the zeros that are multiplied by: an op which is given others, or a variable."""
        variable: str | None = None
        pending, seen = [number], set[int]()
        while pending:
            current = pending.pop(0)
            variable = variable or self.recording.reads.get(current)
            maker = self.recording.producer(current)
            if maker is None or current in seen or current in self.recording.reads:
                continue
            seen.add(current)
            zeros = list(self._zeros_among(maker.inputs))
            if not zeros:
                return Closing("times zero", op, zeros=maker)
            pending += zeros
        return Closing("times zero", op, variable=variable)

    def _zeros_among(self, numbers: Sequence[int]) -> Iterator[int]:
        for number in numbers:
            info = self.recording.tensors[number]
            if info.floating and info.size and not _any(self.machine.tensor(number)):
                yield number


def _any(tensor: Tensor) -> bool:
    return bool(np.any(tf.convert_to_tensor(tensor).numpy()))
