"""A reshape that brings together what does not belong together: it stands where a transposition is missing."""

from __future__ import annotations

from gradcheck.explanation.align import Alignment
from gradcheck.explanation.group import Group
from gradcheck.program.ops import HAND_ON
from gradcheck.program.queries import mixes_axes


def scrambled(group: Group, alignment: Alignment) -> Group | None:
    """Return the reshape through which a quantity reads what is right, mixed up; None if there is none.

    A reference that reshapes so itself means it, and one that has the result as well.
    """
    recording = alignment.candidate.recording
    if any(mixes_axes(op, alignment.reference.recording) for op in alignment.reference.recording.ops):
        return None
    pending = [number for op in group.ops for number in op.inputs]
    while pending:
        number = pending.pop()
        op, made = recording.producer(number), alignment.candidate.of.get(number)
        if op is None or made is None or op.type not in HAND_ON:
            continue
        if mixes_axes(op, recording):
            has_it = any(one.value.shape == made.value.shape for one in alignment.plain(made))
            return None if has_it else made
        pending.extend(op.inputs[:1])
    return None
