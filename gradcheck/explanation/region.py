"""The ops around a place: what it is made by, what is made of it, and where it is first unlike the reference."""

from __future__ import annotations

from gradcheck.causes._groups import grouped_otherwise
from gradcheck.explanation.align import Alignment
from gradcheck.explanation.exchange import Hit, is_multiple
from gradcheck.explanation.group import Group
from gradcheck.explanation.substitutes import is_twin
from gradcheck.program.recording import Op, Recording
from gradcheck.source import Site


def region(hit: Hit, wrong: list[Op], alignment: Alignment) -> frozenset[Site | None]:
    """Return the places at which a change may repair the same.

    Where the numbers are right but for their sign, a factor or their derivative, or come right with a factor, that
    is anywhere on the way to the loss.
    """
    recording = alignment.candidate.recording
    standing = alignment.standing(hit.candidate)
    ops = [*hit.candidate.ops, *wrong]
    ops += _readers(ops, recording) + _unknown_before(hit.candidate, alignment)
    ops += _read_nowhere_else(ops, recording)
    if standing in _RIGHT or abs(hit.splice.source.factor) != 1:
        ops += _after(hit.candidate.ops, recording)
    return frozenset(site for op in ops for site in (op.site, *op.callers))


_RIGHT = ("same", "moved", "scaled")


def first_unlike(hit: Hit, alignment: Alignment) -> Op | None:
    """Return the first sum, mean or softmax over other groups of the same numbers; None if there is none.

    That is on the way to what is replaced, or, where that is right, on the way from it. What else the reference
    does not compute may be right all the same: it may have no need of it.
    """
    candidate, reference = alignment.candidate.recording, alignment.reference.recording
    own = list(hit.candidate.ops)
    right = alignment.standing(hit.candidate) in _RIGHT and not _is_made_further(hit)
    ops = (
        _after(hit.candidate.ops, candidate) if right else [*_unknown_before(hit.candidate, alignment), *own]
    )
    strange = (op for op in sorted(ops, key=lambda op: op.index) if _is_strange(op, alignment))
    return next((op for op in strange if grouped_otherwise(op, candidate, reference)), None)


def _is_made_further(hit: Hit) -> bool:
    """Return whether the reference makes something else of a quantity before it does what the candidate does."""
    return not (is_multiple(hit) or is_twin(hit.candidate, hit.reference))


def _is_strange(op: Op, alignment: Alignment) -> bool:
    """Return whether the candidate alone runs an op, whose result the reference does not have.

    Of several rounds the first tells: what is wrong in one is read in those that come after.
    """
    made = alignment.candidate.of.get(op.outputs[0]) if op.outputs else None
    own = op.index in alignment.candidate.recording.contributing
    own = own and op.site is not None and op.site not in alignment.reference.recording.at_site
    first = None if made is None else alignment.candidate.run_of(made.numbers[0]) or made
    return own and first is not None and alignment.standing(first) == "no"


def _readers(ops: list[Op], recording: Recording) -> list[Op]:
    return [reader for op in ops for number in op.outputs for reader in recording.consumers.get(number, ())]


def _unknown_before(group: Group, alignment: Alignment) -> list[Op]:
    """Return the ops that a quantity is made by, back to what the reference has."""
    recording = alignment.candidate.recording
    found: dict[int, Op] = {}
    pending = [number for op in group.ops for number in op.inputs]
    while pending:
        number = pending.pop()
        op, made = recording.producer(number), alignment.candidate.of.get(number)
        if op is None or op.index in found:
            continue
        if made is not None and alignment.standing(made) in _RIGHT:
            continue
        found[op.index] = op
        pending.extend(op.inputs)
    return list(found.values())


def _after(ops: tuple[Op, ...], recording: Recording) -> list[Op]:
    found: dict[int, Op] = {}
    pending = list(ops)
    while pending:
        for reader in _readers([pending.pop()], recording):
            if reader.index not in found:
                found[reader.index] = reader
                pending.append(reader)
    return list(found.values())


def _read_nowhere_else(ops: list[Op], recording: Recording) -> list[Op]:
    """Return the ops behind some: what makes these, and what gives them what nothing else reads."""
    found: dict[int, Op] = {}
    pending = list(ops)
    while pending:
        makers = (recording.producer(number) for number in pending.pop().inputs)
        for maker in makers:
            if maker is not None and maker.index not in found:
                found[maker.index] = maker
                readers = {reader.index for reader in _readers([maker], recording)}
                if len(readers & recording.contributing) == 1:
                    pending.append(maker)
    return list(found.values())
