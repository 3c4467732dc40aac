"""Let go of the recorded tensors that a replay computes anyway: they are as large as those of the run itself."""

from __future__ import annotations

import weakref
from collections.abc import Collection, Iterator, Mapping
from functools import partial

from gradcheck.arrays import Tensor
from gradcheck.execution.ops.attributes import definition
from gradcheck.execution.ops.stateful import kept_records, obstacle
from gradcheck.execution.replay.machine import Machine
from gradcheck.program.recorded_values import RecordedValues
from gradcheck.program.recording import NO_NUMBERS, Recording
from gradcheck.program.run import Run

_LARGE = 1024
"""Smaller tensors take less memory than what describes them, and are looked at most: indices, masks, sizes."""


def release(run: Run) -> None:
    """Let go of the large tensors of a run that a replay in its own precision gives again, bit by bit.

    A later question for one of them costs such a replay. Nothing is let go where some op cannot be run again.
    """
    recording, values = run.recording, run.recording.values
    if not isinstance(values, RecordedValues):
        return
    kept = kept_records(recording)
    numbers = tuple(_computed(recording, kept))
    known = all(definition(kind) is not None for kind in {op.type for op in recording.ops})
    if numbers and known and not any(obstacle(op, recording) for op in kept.values()):
        # Not the recording itself, which holds the values: in a circle it would outlive the comparison.
        values.release(numbers, partial(_again, weakref.ref(recording), run.start, numbers))


def _computed(recording: Recording, kept: Collection[int]) -> Iterator[int]:
    """Yield the large tensors that are not needed to compute others: neither given, nor drawn, nor read."""
    large = {number for number, about in recording.tensors.items() if about.size >= _LARGE}
    for op in recording.ops if large else ():
        for number in op.outputs:
            is_given = number in recording.reads or number == recording.loss
            is_number = number in large and recording.tensors[number].dtype not in NO_NUMBERS
            if is_number and not is_given and op.index not in kept:
                yield number


def _again(
    recorded: weakref.ref[Recording], start: Mapping[str, Tensor], numbers: tuple[int, ...]
) -> Mapping[int, Tensor]:
    recording = recorded()
    assert recording is not None
    machine = Machine(recording, start, float64=False)
    for op in recording.ops:
        machine.run(op)
    return {number: machine.tensor(number) for number in numbers}
