"""What operands that are broadcast pair: no samples, or, where gradients agree, whether this batch shows which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gradcheck.causes._evidence import Evidence
from gradcheck.findings import Severity
from gradcheck.program.broadcasting import broadcast_axes
from gradcheck.program.queries import has_no_samples
from gradcheck.program.recording import Op, Recording


class Said(NamedTuple):
    """Notes, and how grave they are."""

    severity: Severity
    notes: tuple[str, ...]


def beside_agreement(op: Op, names: Sequence[str], evidence: Evidence) -> Said | None:
    """Return what to say of an op in which both operands are broadcast although the gradients agree.

    None where only one operand has the samples, as in (n, k), or where that could not be measured.

    Parameters
    ----------
    names
        What the operands are called, in order; empty where that is not certain.
    """
    coupling = evidence.coupling
    if coupling is None or op.index not in coupling.meets:
        return None
    if all(meeting.op.index != op.index for meeting in coupling.meetings):
        return Said("note", (_ADDS_UP, _MEMORY))
    equal = _equal_operand(op, evidence.candidate)
    if equal is None:
        return Said("note", (_ALL_THE_SAME, _MEMORY))
    name = names[equal] if names else "one operand"
    return Said("suspicion", (_BLIND.format(name=name), _ON_OTHER_BATCHES))


def pairs_no_samples(op: Op, recording: Recording) -> bool:
    """Return whether a broadcast is a step of installed code, as of a layer, and one operand at most has samples.

    Of an expression of the user's own it is said: there a weight may well have the wrong shape.
    """
    if recording.broadcast_by_library.isdisjoint(op.outputs):
        return False
    return has_few_samples(op, recording)


def has_few_samples(op: Op, recording: Recording) -> bool:
    """Return whether one operand at most has samples: no two of them are paired by accident."""
    return sum(not has_no_samples(number, recording) for number in op.inputs) <= 1


_ADDS_UP = "measured on other values: each sample contributes independently of the others here"
_MEMORY = "the result grows with the square of the number of samples"
_ALL_THE_SAME = "on this batch the gradients agree nevertheless"
_BLIND = (
    "{name} is the same for all samples, so this batch does not show what is paired with what, and agreement "
    "on it proves nothing about that"
)
_ON_OTHER_BATCHES = "measured on other values: the contribution of one sample then depends on the others"


def _equal_operand(op: Op, recording: Recording) -> int | None:
    """Return the operand that is constant along the axes of the other one; None if neither is."""
    result = recording.tensors[op.outputs[0]].shape
    lacking = [broadcast_axes(shape, result) for shape in recording.shapes(op.inputs)]
    for place, number in enumerate(op.inputs):
        own = set().union(*lacking) - lacking[place]
        array = recording.array(number)
        array = array.reshape((1,) * (len(result) - array.ndim) + array.shape)
        if own and all((array == array.take([0], axis)).all() for axis in own):
            return place
    return None
