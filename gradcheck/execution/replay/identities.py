"""Which tensors of two recordings are computed in the same way, op by op."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable

from gradcheck.execution.ops.stateful import keeps_its_record
from gradcheck.program.recording import NO_NUMBERS, Op, Recording

_SMALL = 1024
"""Up to how many numbers constants are compared; larger ones are the same if they are one tensor."""


class Identities:
    """Numbers for quantities: the same one for what the same ops make of the same constants and variables.

    Notes
    -----
    Two tensors with one identity hold the same numbers, but for the order in which a kernel adds up, and have the
    same derivative. Of two with different ones nothing is known.
    """

    def __init__(self) -> None:
        self._known: dict[Hashable, int] = {}

    def of(self, recording: Recording) -> dict[int, int]:
        """Return the identity of each tensor of a recording, by its number."""
        found: dict[int, int] = {}
        for op in recording.ops:
            for number in op.inputs:
                if number not in found:
                    found[number] = self._number(_given(number, recording))
            made = _made(op, tuple(found[number] for number in op.inputs), recording)
            for slot, number in enumerate(op.outputs):
                found[number] = self._number((*made, slot))
        return found

    def _number(self, key: Hashable) -> int:
        return self._known.setdefault(key, len(self._known))


def _given(number: int, recording: Recording) -> Hashable:
    """Return what tells a tensor that no op made: the variable, its numbers, or which tensor it is."""
    if number in recording.reads:
        return "read", recording.reads[number]
    info = recording.tensors[number]
    if info.size > _SMALL or info.dtype in NO_NUMBERS:
        return "given", number
    return "constant", info.dtype, info.shape, recording.array(number).tobytes()


def _made(op: Op, inputs: tuple[int, ...], recording: Recording) -> tuple[Hashable, ...]:
    """Return what tells what an op makes; of what is not computed again, the numbers that it gave."""
    attributes = str(sorted(op.attributes.items(), key=lambda pair: pair[0]))
    if op.outputs and op.outputs[0] in recording.reads:  # by whichever handle: two models may be paired
        return "read", recording.reads[op.outputs[0]], op.type, attributes, inputs[1:]
    if not keeps_its_record(op, recording):
        return op.type, attributes, inputs
    if any(recording.tensors[number].dtype in NO_NUMBERS for number in op.outputs):
        return "kept", op.type, op.outputs
    numbers = [hashlib.sha1(recording.array(number).tobytes()).digest() for number in op.outputs]
    shapes = tuple(recording.shapes(op.outputs))
    return "kept", op.type, attributes, inputs[1:], shapes, *numbers
