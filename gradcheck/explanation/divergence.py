"""Where the candidate leaves the reference on the way to its loss, if nothing that was put in place repairs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gradcheck.explanation.align import Alignment, Standing
from gradcheck.program.recording import Op


@dataclass(frozen=True)
class Divergence:
    """An op of the candidate at which it leaves the reference.

    Parameters
    ----------
    reads, result
        How the worst of what it reads stands to the reference, of what was computed before, and what it gives;
        None where it reads none of that.
    """

    op: Op
    reads: Standing | None
    result: Standing | None


def divergences(alignment: Alignment) -> list[Divergence]:
    """Return the first quantities on the way to the candidate's loss that the reference does not have, in order.

    Numbers that the reference has may yet be the wrong ones, as those of another action: so where what takes them
    takes others than the reference, that is returned instead.

    Notes
    -----
    A quantity may lack a counterpart and be right: the reference may never have computed it.
    """
    recording = alignment.candidate.recording
    apart = _back([recording.loss], alignment, _is_missing)
    found = {one.index: one for op in apart for one in _taken_otherwise(op, alignment) or [op]}
    return [
        Divergence(op, _worst(op.inputs, alignment), _worst(op.outputs, alignment))
        for _, op in sorted(found.items())
    ]


def _back(numbers: Sequence[int], alignment: Alignment, passed: Callable[[int, Alignment], bool]) -> list[Op]:
    """Return the ops, on the way back from some tensors, of whose inputs none is to be passed."""
    found, seen, pending = [], set[int](), list(numbers)
    while pending:
        op = alignment.candidate.recording.producer(pending.pop())
        if op is None or op.index in seen:
            continue
        seen.add(op.index)
        further = [number for number in op.inputs if passed(number, alignment)]
        pending.extend(further)
        if not further:
            found.append(op)
    return found


def _is_missing(number: int, alignment: Alignment) -> bool:
    return number in alignment.candidate.of and not alignment.has_each(number)


def _is_of_others(number: int, alignment: Alignment) -> bool:
    return _worst([number], alignment) == "numbers"


def _taken_otherwise(op: Op, alignment: Alignment) -> list[Op]:
    """Return the ops before one that make, of what the reference has, what it has number by number alone."""
    others = [number for number in op.inputs if _is_of_others(number, alignment)]
    before = _back(others, alignment, _is_of_others)
    moving = [one for one in before if not alignment.candidate.recording.trainable.isdisjoint(one.inputs)]
    return [
        one
        for one in moving
        if _is_of_others(one.outputs[0], alignment) and _worst(one.inputs, alignment) in ("same", "moved")
    ]


def _worst(numbers: Sequence[int], alignment: Alignment) -> Standing | None:
    """Return how the worst of some tensors stands to the reference; None where none was computed."""
    if any(_is_missing(number, alignment) for number in numbers):
        return "no"  # and be it as weak as a count
    groups = (alignment.candidate.of.get(number) for number in numbers)
    found = {alignment.standing(group) for group in groups if group is not None}
    if "no" in found:
        return "numbers"  # of all runs of its expression some give what the reference has: these do
    return next((standing for standing in _WORST_FIRST if standing in found), None)


_WORST_FIRST: tuple[Standing, ...] = ("numbers", "scaled", "moved", "same", "weak")
