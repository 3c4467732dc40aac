"""What runs while a script's tapes are open, recorded."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf

from gradcheck.arrays import Array, Tensor
from gradcheck.execution.ops.dense_gradients import dense
from gradcheck.execution.record.recorder import Recorder
from gradcheck.execution.tensorflow_internals import tensor_id
from gradcheck.program.ops import READ_VARIABLES
from gradcheck.program.recording import Recording
from gradcheck.program.run import Run


class Segment:
    """The ops of a script from where it opens a tape to where none is open any more.

    A tape of its own goes along, because the script's may be asked only once.
    """

    def __init__(self) -> None:
        self._recorder = Recorder()
        self._tape = tf.GradientTape(persistent=True)
        self._open = contextlib.ExitStack()

    def record(self) -> None:
        """Record from here on."""
        self._open.enter_context(self._tape)
        self._open.enter_context(self._recorder.recording())

    def pause(self) -> None:
        """Record no more, until `record` is called again."""
        self._open.close()

    def run_of(
        self, side: str, targets: Sequence[Tensor], variables: Mapping[str, Any], gradients: Sequence[Any]
    ) -> Run:
        """Return what was recorded as a run whose loss is the sum of `targets`.

        Parameters
        ----------
        variables
            `tf.Variable`s by path.
        gradients
            What the script's own tape gave for each of them.
        """
        loss = targets[0] if len(targets) == 1 else self._sum(targets)
        recording = self._recorder.finish(loss, variables, self._tape)
        value = float(tf.reduce_sum(tf.cast(loss, tf.float64)))
        return Run(
            side=side,
            value=value,
            recording=recording,
            gradients=[None if gradient is None else dense(gradient) for gradient in gradients],
            start=_start(recording, variables),
            known=(value, tensor_id(loss)),
        )

    def _sum(self, targets: Sequence[Tensor]) -> Tensor:
        self.record()
        try:
            total: Tensor = tf.add_n([tf.reduce_sum(target) for target in targets])
        finally:
            self.pause()
        return total


def _start(recording: Recording, variables: Mapping[str, Any]) -> dict[str, Tensor]:
    """Return the values that the variables had when they were read: they may have been assigned to since."""
    start = {path: variable.read_value() for path, variable in variables.items()}
    rows = {op.outputs[0] for op in recording.ops if op.type in READ_VARIABLES and len(op.inputs) > 1}
    for number, path in reversed(list(recording.reads.items())):
        if number not in rows:
            start[path] = recording.values[number]
    return start


def with_other_paths(run: Run, paths: Mapping[str, str]) -> Run:
    """Return `run` with its variables by other paths, in the order of these: new path to its own."""
    new = {own: path for path, own in paths.items()}
    gradients = dict(zip(run.start, run.gradients, strict=True))
    recording = replace(
        run.recording, reads={number: new[own] for number, own in run.recording.reads.items()}
    )
    return replace(
        run,
        recording=recording,
        gradients=[gradients[own] for own in paths.values()],
        start={path: run.start[own] for path, own in paths.items()},
    )


def weights(run: Run) -> dict[str, Array]:
    """Return the values that the variables had, by path."""
    return {path: np.asarray(value) for path, value in run.start.items()}
