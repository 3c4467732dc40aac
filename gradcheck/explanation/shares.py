"""What each quantity adds to a loss that is a sum: by which numbers it is multiplied before it is added."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from gradcheck.arrays import Array
from gradcheck.explanation.handed_back import HANDED_BACK, Passed, gathered
from gradcheck.program.ops import ADDITIONS, DIVISIONS
from gradcheck.program.recording import Op, Recording


def shares_of(recording: Recording, values: Mapping[int, Array]) -> dict[int, Array]:
    """Return what each tensor is multiplied by before it is added to the loss, element by element, by number.

    Parameters
    ----------
    values
        The tensors of the program, by number.

    Notes
    -----
    Only what reaches the loss through sums, means, numbers that it is multiplied by, and arrangements of these is
    there, and of what reaches it on other ways as well, only that share. It is linear in the ops.
    """
    shares = {recording.loss: np.ones(recording.tensors[recording.loss].shape)}
    for op in reversed(recording.ops):
        share = shares.get(op.outputs[0]) if op.outputs else None
        for number, passed in () if share is None else _passed(op, share, recording, values):
            if recording.tensors[number].floating and recording.producer(number) is not None:
                shares[number] = shares[number] + passed if number in shares else passed
    return shares


def _passed(op: Op, share: Array, recording: Recording, values: Mapping[int, Array]) -> Passed:
    if op.type in HANDED_BACK:
        yield from HANDED_BACK[op.type](op, share, recording)
    elif op.type in _PASS:
        yield from _PASS[op.type](op, share, recording, values)


def _added(op: Op, share: Array, recording: Recording, values: Mapping[int, Array]) -> Passed:
    for number in op.inputs:
        yield number, gathered(share, recording.tensors[number].shape)


def _subtracted(op: Op, share: Array, recording: Recording, values: Mapping[int, Array]) -> Passed:
    for number, sign in zip(op.inputs, (1.0, -1.0), strict=True):
        yield number, gathered(sign * share, recording.tensors[number].shape)


def _negated(op: Op, share: Array, recording: Recording, values: Mapping[int, Array]) -> Passed:
    yield op.inputs[0], -share


def _multiplied(op: Op, share: Array, recording: Recording, values: Mapping[int, Array]) -> Passed:
    one, other = op.inputs
    for number, by in ((one, other), (other, one)):
        if number in recording.trainable and by not in recording.trainable and by in values:
            yield number, gathered(share * values[by], recording.tensors[number].shape)


def _divided(op: Op, share: Array, recording: Recording, values: Mapping[int, Array]) -> Passed:
    number, by = op.inputs
    if by not in recording.trainable and by in values:
        divisor = np.broadcast_to(values[by], share.shape)
        quotient = np.divide(share, divisor, out=np.zeros(share.shape), where=divisor != 0)
        yield number, gathered(quotient, recording.tensors[number].shape)


def _averaged(op: Op, share: Array, recording: Recording, values: Mapping[int, Array]) -> Passed:
    count = recording.tensors[op.inputs[0]].size / max(share.size, 1)
    yield from HANDED_BACK["Sum"](op, share / count, recording)


_Passes = Callable[[Op, Array, Recording, Mapping[int, Array]], Passed]
_PASS: dict[str, _Passes] = {
    **dict.fromkeys(ADDITIONS, _added),
    **dict.fromkeys(DIVISIONS, _divided),
    "AddN": _added,
    "Sub": _subtracted,
    "Neg": _negated,
    "Mul": _multiplied,
    "Mean": _averaged,
}
