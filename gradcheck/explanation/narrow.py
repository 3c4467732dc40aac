"""From the earliest place that can be repaired to the first whose inputs agree and whose result does not."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import numpy as np

from gradcheck.explanation.align import Alignment
from gradcheck.explanation.group import Group, Key
from gradcheck.explanation.scrambled import scrambled
from gradcheck.explanation.selection import leads_only_to, taken_from_more, taken_otherwise
from gradcheck.explanation.substitutes import is_twin
from gradcheck.program.ops import ELEMENTWISE, HAND_ON, NORMALISATIONS, TAKE_BY_INDEX, UNARY
from gradcheck.program.queries import is_constant
from gradcheck.program.recording import Op, Recording
from gradcheck.source import Site, node_of


def narrowed(group: Group, reference: Group, alignment: Alignment) -> Group:
    """Return where the numbers of a quantity go wrong that the reference's repairs.

    That is the one quantity it is made from, through what the reference does not have either, of which all inputs
    are the reference's. Where there are several such quantities, of several expressions, nothing says which one is
    at fault, and the quantity itself is returned; so it is where it has more numbers than the reference's, and is
    the first to, and where it is a sum or mean that is right up to a factor, or right as it is, and the reference
    makes more of it. Where other elements are taken of what holds the reference's, it is what takes them. What
    reaches the loss on another way, too, is right: the candidate is repaired without replacing it there.
    """
    taken = taken_from_more(group, reference, alignment)
    if taken is not None:
        return taken
    grown = alignment.size(group) > reference.size > 1
    counted_otherwise = group.op.type in ("Mean", "Sum") and alignment.standing(group) == "scaled"
    if (
        counted_otherwise
        or _is_an_operand(group, reference, alignment)
        or (grown and group.op.type not in ELEMENTWISE)
    ):
        return group
    apart = {found.key: found for found in first_apart(group, alignment)}
    first = {
        _place(found, alignment): found for found in apart.values() if leads_only_to(group, found, alignment)
    }
    found = next(iter(first.values())) if len(first) == 1 else group
    found = group if grown and found.size < group.size else found
    made = (find(found, alignment) for find in (scrambled, taken_otherwise, _made_whole))
    found = next((one for one in made if one is not None), found)
    return _made(found, reference, alignment)


def _is_an_operand(group: Group, reference: Group, alignment: Alignment) -> bool:
    """Return whether the reference makes what it has of what the candidate has."""
    read = {number for op in reference.ops for number in op.inputs}
    return any(
        one.factor == 1 and one.in_order and not read.isdisjoint(one.group.numbers)
        for one in alignment.matches(group)
    )


def _place(group: Group, alignment: Alignment) -> object:
    """Return where a quantity is computed: in which call, too, if another one gives what the reference has."""
    op, known = group.op, alignment.candidate.of
    others = (
        known.get(one.outputs[0])
        for one in alignment.candidate.recording.at_site.get(op.site, ())
        if one.type == op.type and one.callers != op.callers
    )
    is_right = any(one is not None and alignment.standing(one) in _RIGHT for one in others)
    return (op.site, op.callers) if is_right else op.site


def departure(group: Group, alignment: Alignment) -> Group | None:
    """Return what one expression makes otherwise than the reference, of nothing but what that has.

    None where a quantity is made from several such, or where one may be given something else: from there to that
    quantity something is wrong, and nothing before it.
    """
    found = {one.key: one for one in first_apart(group, alignment)}
    if len({one.op.site for one in found.values()}) != 1:
        return None
    first, recording = next(iter(found.values())), alignment.candidate.recording
    within = _written_within(first.op.site)
    read = {
        number
        for one in found.values()
        for op in one.ops
        for number in op.inputs
        if number in recording.trainable or _written_at(number, recording) not in within
    }
    moves = not read.isdisjoint(recording.trainable)
    return first if moves and all(_is_had(number, alignment) for number in read) else None


def _written_within(site: Site | None) -> frozenset[ast.AST]:
    node = None if site is None else node_of(site)
    return frozenset() if node is None else frozenset(ast.walk(node))


def _written_at(number: int, recording: Recording) -> ast.AST | None:
    """Return the expression that computes a tensor."""
    maker = recording.producer(number)
    return None if maker is None or maker.site is None else node_of(maker.site)


def _is_had(number: int, alignment: Alignment) -> bool:
    """Return whether the reference has a tensor, in its order, or no op made it."""
    if is_constant(number, alignment.candidate.recording):
        return True
    group = alignment.candidate.of.get(number)
    if group is None:
        return False
    run, own = alignment.candidate.run_of(number), group.value.ravel()
    found = {alignment.standing(one) for one in (group, run) if one is not None}
    return "same" in found or (
        "weak" in found
        and any(
            np.array_equal(own, one.value.ravel()) for one in alignment.reference.all if one.size == own.size
        )
    )


def _made(group: Group, reference: Group, alignment: Alignment) -> Group:
    """Return what makes the numbers that a quantity hands on, if that is one expression that nothing else reads.

    Where the numbers are the reference's, what hands them on is at fault: it arranges them otherwise.
    """
    known = alignment.candidate.of
    while group.op.type in HAND_ON - TAKE_BY_INDEX and not is_twin(group, reference):
        makers = {
            known[number].key: known[number] for op in group.ops for number in op.inputs if number in known
        }
        if len(makers) != 1:
            return group
        (maker,) = makers.values()
        if alignment.standing(maker) in _RIGHT or not leads_only_to(group, maker, alignment):
            return group
        group = maker
    return group


_RIGHT = ("same", "moved")


def _made_whole(group: Group, alignment: Alignment) -> Group | None:
    """Return what makes whole numbers of those that were handed on to a quantity, or computes with whole ones."""
    candidate = alignment.candidate
    recording, op = candidate.recording, group.op
    if op.type != "Cast" or len(group.ops) != 1:
        return None
    whole = list(_on_whole_numbers(op.inputs[0], recording))
    casts = [maker for maker in whole if recording.tensors[maker.inputs[0]].floating]
    found = casts if len(casts) == 1 else [maker for maker in whole if maker.type in ELEMENTWISE]
    if not found:
        return None
    key = Key(found[0].site, found[0].callers, found[0].type, 0)
    return Group(key, (found[0],), candidate.here, candidate.there)


def _on_whole_numbers(number: int, recording: Recording) -> Iterator[Op]:
    """Yield the ops that give whole numbers from which a tensor is made, the last first."""
    pending, seen = [number], set[int]()
    while pending:
        maker = recording.producer(pending.pop(0))
        if maker is None or maker.index in seen or not maker.inputs:
            continue
        seen.add(maker.index)
        if not recording.tensors[maker.outputs[0]].floating:
            yield maker
            pending.extend(one for one in maker.inputs if not recording.tensors[one].floating)


def first_apart(group: Group, alignment: Alignment) -> Iterator[Group]:
    """Yield what a quantity is made from that the reference does not have, of what it has."""
    recording = alignment.candidate.recording
    pending, seen = list(group.numbers), set[int]()
    while pending:
        number = pending.pop()
        if number in seen:
            continue
        seen.add(number)
        op = recording.producer(number)
        if op is None:
            continue
        apart = [one for one in op.inputs if _is_apart(one, op, alignment)]
        pending.extend(apart)
        elsewhere = [one for one in op.inputs if _is_elsewhere(one, op, alignment)]
        yield from (alignment.candidate.of[one] for one in elsewhere)
        if not apart and not elsewhere:
            yield alignment.candidate.of[number]


def _is_elsewhere(number: int, reader: Op, alignment: Alignment) -> bool:
    """Return whether the reference has the elements of a tensor, but not together, as an operand among others.

    What is only read of the batch is as it was given.
    """
    group = alignment.candidate.of.get(number)
    if reader.type not in ELEMENTWISE or len(reader.inputs) < 2 or group is None:
        return False
    if _is_handed_on(number, alignment.candidate.recording):
        return False
    run = alignment.candidate.run_of(number)
    found = {alignment.standing(one) for one in (group, run) if one is not None}
    return group.op.site != reader.site and found == {"numbers"}


def _is_handed_on(number: int, recording: Recording) -> bool:
    """Return whether a tensor holds what no op computed."""
    op = recording.producer(number)
    while op is not None and op.type in HAND_ON:
        op = recording.producer(op.inputs[0])
    return op is None


def _is_apart(number: int, reader: Op, alignment: Alignment) -> bool:
    """Return whether the reference does not have a tensor that an op reads."""
    group = alignment.candidate.of.get(number)
    if group is None:
        return False
    standing = alignment.standing(group)
    if standing == "no" and group.op.type in UNARY - frozenset(NORMALISATIONS):
        # A function of what is right would have been replaced itself, if it were the wrong one.
        return any(_is_apart(one, group.op, alignment) for one in group.op.inputs)
    if standing == "no":
        return not alignment.has_each(number)
    return standing == "weak" and reader.type in HAND_ON and reader.inputs[0] == number
