"""The expression to look at where a quantity goes wrong: its own, or that of what is made for it alone."""

from __future__ import annotations

import math

from gradcheck.explanation.align import Alignment
from gradcheck.explanation.arranged import read_otherwise
from gradcheck.explanation.exchange import Hit, is_multiple
from gradcheck.explanation.group import Group, Key
from gradcheck.explanation.selection import chosen_at
from gradcheck.program.ops import ASK_FOR_SHAPE, LINEAR, UNARY
from gradcheck.program.queries import made_before
from gradcheck.program.recording import Op, Recording


def blamed(place: Group, hit: Hit, alignment: Alignment) -> Op:
    """Return the op whose expression is to be shown for the place at which the programs part.

    Where the same is done with one other operand than the reference's, and that is computed for this alone, it is
    what computes the operand; where other elements are taken, what computes their indices; and where a quantity
    is right but for a factor or its sign, or is read in another order, what makes something wrong of it.
    """
    turned = used_otherwise(hit, alignment) or read_otherwise(hit, alignment)
    return turned or chosen_at(place.op, alignment) or _other_operand(place, hit, alignment) or place.op


def used_otherwise(hit: Hit, alignment: Alignment) -> Op | None:
    """Return what makes something wrong of a quantity that is right but for a factor or its sign; else None."""
    own, factor = hit.candidate, hit.splice.source.factor
    factors = [match.factor for match in alignment.matches(own) if match.group.key == hit.reference.key]
    if any(math.isclose(one, -factor, rel_tol=1e-6) for one in factors):
        return _used_after(own, alignment, turned=True) if factor < 0 else _turned_before(own, alignment)
    right = _has(own, alignment) and not any(math.isclose(one, factor) for one in factors)
    return _used_after(own, alignment, turned=False) if right and is_multiple(hit) else None


def _turned_before(own: Group, alignment: Alignment) -> Op | None:
    """Return the op that gives the other sign to what is right; None if it is not one."""
    recording, known = alignment.candidate.recording, alignment.candidate.of
    op: Op | None = own.op
    while op is not None:
        negative = [
            number for number in op.inputs if number in known and _is_negative(known[number], alignment)
        ]
        if len(negative) != 1:
            return None if negative or op is own.op else op
        op = recording.producer(negative[0])
    return None


def _is_negative(group: Group, alignment: Alignment) -> bool:
    factors = {match.factor for match in alignment.matches(group) if not match.total}
    return -1.0 in factors and 1.0 not in factors


def _used_after(own: Group, alignment: Alignment, *, turned: bool) -> Op | None:
    """Return the first op that makes something wrong of what is right; None if there are several.

    A sum of what has the wrong sign throughout has it as a whole; what gave it that sign is what negates it last.
    """
    recording = alignment.candidate.recording
    found, negations = list[Op](), list[Op]()
    reached, right = set(own.numbers), set(own.numbers)
    for op in recording.ops:
        if op.index not in recording.contributing or reached.isdisjoint(op.inputs):
            continue
        if op.type in ASK_FOR_SHAPE:
            continue  # whatever its numbers are
        moving = recording.trainable & frozenset(op.inputs)
        if _is_right(op, alignment):
            right.update(op.outputs)
            negations.clear()
        elif not (turned and op.type in LINEAR and moving and moving <= reached):
            found.append(op)
            continue
        elif op.type == "Neg" and not right.isdisjoint(op.inputs):
            negations.append(op)
        reached.update(op.outputs)
    found = found or negations
    first = [op for op in found if not any(_leads_to(other, op, recording) for other in found)]
    return first[0] if len({op.site for op in first}) == 1 else None


def _leads_to(one: Op, other: Op, recording: Recording) -> bool:
    return one is not other and not made_before(other.inputs, recording).isdisjoint(one.outputs)


def _is_right(op: Op, alignment: Alignment) -> bool:
    """Return whether the reference has what an op gives, or runs the op itself."""
    made = alignment.candidate.of.get(op.outputs[0])
    if made is None:
        return op.site in alignment.reference.recording.at_site
    return _has(made, alignment)


def _has(group: Group, alignment: Alignment) -> bool:
    """Return whether the reference has a quantity, in its order."""
    return any(match.factor == 1 and match.in_order for match in alignment.matches(group))


def _other_operand(place: Group, hit: Hit, alignment: Alignment) -> Op | None:
    """Return what computes the one operand that is not the reference's, or is but for its sign."""
    op, other = place.op, _with_operands(hit.reference.op, alignment)
    if place.key != hit.candidate.key or other is None or not _alike(op, other):
        return None
    others = {
        alignment.reference.of[number].key for number in other.inputs if number in alignment.reference.of
    }
    operands = [alignment.candidate.of[number] for number in op.inputs if number in alignment.candidate.of]
    strange = [one for one in operands if 1.0 not in _factors(one, others, alignment)]
    if len(strange) != 1 or len(operands) < 2:
        return None
    (one,) = strange
    if _factors(one, others, alignment) and -1.0 not in _factors(one, others, alignment):
        return None
    readers = {
        (reader.site, reader.callers)
        for number in one.numbers
        for reader in alignment.candidate.recording.consumers.get(number, ())
    }
    return one.op if readers == {(op.site, op.callers)} and one.op.site != op.site else None


def _with_operands(op: Op, alignment: Alignment) -> Op | None:
    """Return the op itself, or, of a function of one quantity, what computes that."""
    found: Op | None = op
    while found is not None and found.type in UNARY | {"Pow"}:
        found = alignment.reference.recording.producer(found.inputs[0])
    return found


def _alike(one: Op, other: Op) -> bool:
    """Return whether two ops do the same with their operands, but for a function of the result."""
    return len(one.inputs) == len(other.inputs) and (
        one.type == other.type or {one.type, other.type} <= _SUBTRACT
    )


_SUBTRACT = {"Sub", "SquaredDifference"}


def _factors(group: Group, others: set[Key], alignment: Alignment) -> set[float]:
    return {match.factor for match in alignment.matches(group) if match.group.key in others}
