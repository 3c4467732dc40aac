"""The expression to look at where a quantity goes wrong: its own, or that of what is made for it alone."""

from __future__ import annotations

from gradcheck.explanation.align import Alignment
from gradcheck.explanation.groups import Group
from gradcheck.explanation.interchange import Hit
from gradcheck.explanation.selection import chosen_at
from gradcheck.program.recording import Op


def blamed(place: Group, hit: Hit, alignment: Alignment) -> Op:
    """Return the op whose expression is to be shown for the place at which the programs part.

    Where the same is done with one other operand than the reference's, and that is computed for this alone, it is
    what computes the operand; and where other elements are taken, what computes their indices.
    """
    return chosen_at(place.op, alignment) or _other_operand(place, hit, alignment) or place.op


def _other_operand(place: Group, hit: Hit, alignment: Alignment) -> Op | None:
    recording = alignment.candidate.recording
    op, other = place.op, hit.reference.op
    if place.key != hit.candidate.key or op.type != other.type or len(op.inputs) != len(other.inputs):
        return None
    others = {
        alignment.reference.of[number].key for number in other.inputs if number in alignment.reference.of
    }
    operands = [alignment.candidate.of[number] for number in op.inputs if number in alignment.candidate.of]
    strange = [
        one for one in operands if not any(match.group.key in others for match in alignment.matches(one))
    ]
    if len(strange) != 1 or len(operands) < 2:
        return None
    (one,) = strange
    readers = {reader.site for number in one.numbers for reader in recording.consumers.get(number, ())}
    return one.op if readers == {op.site} and one.op.site != op.site else None
