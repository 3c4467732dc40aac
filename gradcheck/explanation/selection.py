"""Elements that are taken by their place: the wrong ones, of what is right."""

from __future__ import annotations

import numpy as np

from gradcheck.arrays import Array, each_is_among
from gradcheck.explanation.align import CLOSE, Alignment
from gradcheck.explanation.group import Group
from gradcheck.explanation.groups import Groups
from gradcheck.program.ops import HAND_ON, TAKE_BY_INDEX, multiplies
from gradcheck.program.recording import Op, Recording


def taken_otherwise(group: Group, alignment: Alignment) -> Group | None:
    """Return what takes the elements that a quantity is made from, where the reference takes others; else None.

    It takes them from what the reference has as a whole; what it gives the reference has number by number alone.
    """
    recording = alignment.candidate.recording
    found: dict[object, Group] = {}
    seen, pending = set[int](), [number for op in group.ops for number in op.inputs]
    while pending:
        number = pending.pop()
        op, made = recording.producer(number), alignment.candidate.of.get(number)
        if number in seen or op is None or made is None or alignment.standing(made) != "numbers":
            continue
        seen.add(number)
        if number in recording.trainable and op.type in TAKE_BY_INDEX and _is_whole(op.inputs[0], alignment):
            found[op.site] = made
        else:
            pending.extend(op.inputs)
    taken = next(iter(found.values())) if len(found) == 1 else None
    return taken if taken is not None and leads_only_to(group, taken, alignment) else None


def taken_from_more(group: Group, reference: Group, alignment: Alignment) -> Group | None:
    """Return what takes by index a quantity that is then only handed on, from what holds the reference's.

    None where nothing does. The reference took the elements earlier: what it did not compute is not wrong.
    """
    side, ops = alignment.candidate, group.ops
    while reference.moves and all(op.type in HAND_ON for op in ops):
        sources = [op.inputs[0] for op in ops]
        if any(number not in side.of for number in sources):
            return None
        if all(op.type in TAKE_BY_INDEX and len(op.inputs) > 1 for op in ops):
            more = _mixed(sources, side)
            return side.gives(ops) if more.size > reference.size > 1 and _holds(more, reference) else None
        makers = [side.recording.producer(number) for number in sources]
        ops = tuple(maker for maker in makers if maker is not None)
        if len(ops) < len(makers) or len({(op.site, op.type) for op in ops}) > 1:
            return None
    return None


def _mixed(numbers: list[int], side: Groups) -> Array:
    """Return value and slope of each element of some tensors as one number, one tensor after the other."""
    wholes = [side.of[number] for number in numbers]
    parts = [
        whole.mixed if len(whole.numbers) == 1 else whole.mixed[whole.numbers.index(number)]
        for whole, number in zip(wholes, numbers, strict=True)
    ]
    return np.concatenate([part.ravel() for part in parts])


def _holds(mixed: Array, other: Group) -> bool:
    """Return whether each element of a quantity is among others."""
    known = np.unique(mixed[np.isfinite(mixed)])
    return each_is_among(other.mixed.ravel(), known, CLOSE * other.parts.ravel())


def leads_only_to(group: Group, found: Group, alignment: Alignment) -> bool:
    """Return whether one quantity reaches the loss through another alone."""
    recording = alignment.candidate.recording
    passed, pending = set(group.numbers), [number for number in found.numbers if number not in group.numbers]
    while pending:
        number = pending.pop()
        if number == recording.loss:
            return False
        for reader in recording.consumers.get(number, ()):
            new = set(reader.outputs) - passed if reader.index in recording.contributing else set()
            passed |= new
            pending.extend(new)
    return True


def _is_whole(number: int, alignment: Alignment) -> bool:
    group = alignment.candidate.of.get(number)
    return group is not None and alignment.standing(group) in ("same", "moved")


def chosen_at(op: Op, alignment: Alignment) -> Op | None:
    """Return what computes the indices of elements that are taken, where the reference has no such; else None.

    Indices that come from the batch as they are, whatever their order, are not computed.
    """
    recording = alignment.candidate.recording
    indices = _indices(op, recording)
    if indices is None or recording.tensors[indices].floating:
        return None
    if _has_whole_numbers(alignment.reference.recording, recording.array(indices)):
        return None
    maker = recording.producer(indices)
    while maker is not None and maker.type in HAND_ON:
        maker = recording.producer(_strange(maker, alignment))
    return maker if maker is not None and maker.site != op.site else None


def _strange(op: Op, alignment: Alignment) -> int:
    """Return which of several indices that are put together the reference has not: no numbers of rows."""
    recording, reference = alignment.candidate.recording, alignment.reference.recording
    computed = [
        number
        for number in op.inputs
        if (maker := recording.producer(number)) is not None and maker.type != "Range"
    ]
    strange = [one for one in computed if not _has_whole_numbers(reference, recording.array(one))]
    return strange[0] if len(strange) == 1 else op.inputs[0]


def first_apart(op: Op, alignment: Alignment) -> Op:
    """Return what first makes whole numbers that the reference has not, of those that an op is given."""
    recording, reference = alignment.candidate.recording, alignment.reference.recording
    while True:
        apart = [
            maker
            for number in op.inputs
            if (maker := recording.producer(number)) is not None
            and recording.tensors[number].dtype.startswith(_WHOLE)
            and not _has_whole_numbers(reference, recording.array(number))
        ]
        if len(apart) != 1:
            return op
        op = apart[0]


def _indices(op: Op, recording: Recording) -> int | None:
    """Return the tensor that says which elements an op takes, or multiplies by one where others become zero."""
    if op.type in TAKE_BY_INDEX and len(op.inputs) > 1:
        return op.inputs[1]
    masks = [
        maker for maker in map(recording.producer, op.inputs) if maker is not None and maker.type == "OneHot"
    ]
    return masks[0].inputs[0] if len(masks) == 1 and multiplies(op.type) else None


def _has_whole_numbers(recording: Recording, wanted: np.ndarray) -> bool:
    """Return whether an expression gave, or read, these whole numbers in its runs, in this order."""
    runs: dict[tuple[object, ...], list[int]] = {}
    for op in recording.ops:
        for reads, numbers in ((False, op.outputs), (True, op.inputs)):
            for slot, number in enumerate(numbers):
                if recording.tensors[number].dtype.startswith(_WHOLE):
                    runs.setdefault((op.site, op.type, reads, slot), []).append(number)
    return any(_together(recording, numbers, wanted) for numbers in runs.values())


_WHOLE = ("int", "uint")
"""How the names of the dtypes of whole numbers begin."""


def _together(recording: Recording, numbers: list[int], wanted: np.ndarray) -> bool:
    for some in (list(dict.fromkeys(numbers)), numbers[:1], numbers[-1:]):
        if sum(recording.tensors[number].size for number in some) == wanted.size:
            given = np.concatenate([np.ravel(recording.array(number)) for number in some])
            if np.array_equal(given, np.ravel(wanted)):
                return True
    return False
