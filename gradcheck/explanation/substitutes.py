"""What of the reference may stand for a quantity of the candidate, and in which arrangement it is put there."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from gradcheck.explanation.align import CLOSE, Alignment
from gradcheck.explanation.group import Group
from gradcheck.explanation.turned import lying_along
from gradcheck.program.ops import BY_PLACE
from gradcheck.program.recording import Shape
from gradcheck.program.splice import Source


def spare(alignment: Alignment) -> Iterator[tuple[Group, Group]]:
    """Yield what the candidate computes once more, in order, with each like it that the reference alone has."""
    known = {one.key for group in alignment.candidate.whole for one in alignment.plain(group)}
    alone = [one for one in alignment.reference.all if one.moves and one.key not in known]
    for group in sorted(computed_again(alignment), key=lambda one: one.op.index):
        for other in alone:
            if other.size == group.size and (
                other.op.type == group.op.type or (_takes(group) and _takes(other))
            ):
                yield group, other


def computed_again(alignment: Alignment) -> list[Group]:
    """Return what the candidate computes for a second time, as the reference has it."""
    twins: dict[tuple[object, str], list[Group]] = {}
    for group in alignment.candidate.whole:
        plain = alignment.plain(group)
        if plain:
            twins.setdefault((plain[0].key, group.op.type), []).append(group)
    return [group for found in twins.values() for group in found[1:]]


def made_further(group: Group, alignment: Alignment) -> list[Group]:
    """Return what the reference makes of a quantity that both have, of the same size, the nearest first.

    That may be what a loop has added to it when something else reads it.
    """
    reference = alignment.reference
    later = {number for one in alignment.plain(group) for number in reference.after(one)}
    made = {
        reference.of[number].key: reference.of[number] for number in sorted(later) if number in reference.of
    }
    for part in reference.parts:
        if part.key.reader is not None and later.issuperset(part.numbers):
            made[part.key] = part
    return [one for one in made.values() if one.size == group.size and (one.moves or not group.moves)]


def _takes(group: Group) -> bool:
    """Return whether a quantity is part of another one."""
    return group.op.type in BY_PLACE or len(group.op.outputs) > 1


def may_replace(group: Group, other: Group, standing: str, alignment: Alignment) -> bool:
    """Return whether a quantity of the reference may be what should stand for one of the candidate."""
    if not other.is_finite:
        return False
    if other.key.given and other.is_weak and other.op.type != group.op.type:
        return False  # a zero to begin with, say, is in many programs
    if standing in ("same", "moved"):
        # Its numbers are right: in another order, or with another derivative, they may not be.
        return other.size == group.size and is_twin(group, other)
    if standing == "scaled" and not all(match.total for match in alignment.matches(group)):
        return other.size == group.size
    if standing == "weak":
        same = np.array_equal(group.value.ravel(), other.value.ravel())
        return other.size == group.size and not (same and not other.moves)
    return True


def is_twin(group: Group, other: Group) -> bool:
    """Return whether two quantities hold the same numbers, and differ in their order or their derivative."""
    own, others = group.value.ravel(), other.value.ravel()
    if own.size != others.size:
        return False
    if np.allclose(own, others, rtol=CLOSE, atol=0):
        return not np.allclose(group.slope.ravel(), other.slope.ravel(), rtol=1e-5, atol=1e-8)
    return np.allclose(np.sort(own), np.sort(others), rtol=CLOSE, atol=0)


def likeness(group: Group, other: Group) -> tuple[bool, bool, int]:
    """Return what sorts the quantities of the reference by how likely one stands for the candidate's."""
    return other.size != group.size, other.op.type != group.op.type, -other.op.index


def sources(group: Group, other: Group) -> Iterator[Source]:
    """Yield how one quantity may be put in place of another, of which the sizes may differ."""
    runs, shape = len(group.numbers), group.value.shape
    if other.size == group.size:
        own = shape[1:] if runs > 1 else shape
        yield Source(other.numbers, shape=own)
        if runs > 1 and len(other.numbers) == runs:
            yield Source(other.numbers, backwards=True, shape=own)
        if runs == 1:
            yield from (Source(other.numbers, shape=own, axis=axis) for axis in _axes(own, other))
    elif runs == 1:
        for natural in _shapes(other.value.shape, shape):
            yield Source(other.numbers, shape=natural)
        for parts in _parts(other, shape):
            yield Source(other.numbers, shape=parts)
            yield from (Source(other.numbers, shape=parts, axis=axis) for axis in _axes(parts, other))


def without_copies(found: Iterable[tuple[Group, Source]]) -> Iterator[tuple[Group, Source]]:
    """Yield quantities of the reference, each with how it is put in place, without what gives the same again."""
    seen = set[object]()
    for other, source in found:
        numbers = _put_in_place(other, source)
        if numbers not in seen:
            seen.add(numbers)
            yield other, source


def _put_in_place(other: Group, source: Source) -> object:
    """Return what two quantities of the reference share only if they give the same in place, with any factor."""
    sizes = frozenset((other.size, *other.value.shape, len(other.numbers)))
    in_its_shape = other.value.shape if source.shape is None else None
    in_turn = len(other.numbers) if source.backwards else None
    return replace(source, numbers=()), other.fingerprint, sizes, in_its_shape, in_turn


def _axes(shape: Shape, other: Group) -> list[int]:
    """Return along which axes, besides the first, the runs of a quantity may lie in a shape."""
    return [axis for axis in lying_along(shape, other) if axis]


def _parts(other: Group, own: Shape) -> list[Shape]:
    """Return the axes of a shape that hold a quantity which is less than all of it, and one list of numbers."""
    if sum(length > 1 for length in other.value.shape) != 1 or len(own) > _MOST_AXES:
        return []
    some = (kept for count in range(2, len(own)) for kept in itertools.combinations(own, count))
    return list(dict.fromkeys(kept for kept in some if math.prod(kept) == other.size and 1 not in kept))


_MOST_AXES = 5


def _shapes(other: Shape, own: Shape) -> list[Shape]:
    """Return shapes to give a quantity that stands for one of another size."""
    plain = tuple(length for length in other if length > 1)
    grown = set(own) - {1}
    if not plain or (grown and not grown & set(plain)):
        return []
    return [plain, (*plain, 1)] if len(own) > len(plain) else [plain]


def is_plain(factor: float, group: Group, other: Group) -> bool:
    """Return whether a factor is one that programs have between each other: a size or one over it, 2 or a half.

    A number that no op made may stand for a quantity, and not for some multiple of one: with a factor, any number
    that is added to a loss would stand for what the loss lacks.
    """
    if not math.isfinite(factor) or factor == 0:
        return False
    if group.key.given and group.size == 1 and other.moves:
        return math.isclose(abs(factor), 1.0, rel_tol=1e-5)
    sizes = {1, 2, group.size, other.size, *group.value.shape, *other.value.shape, len(other.numbers)}
    size = abs(factor)
    return any(math.isclose(size, wanted, rel_tol=1e-5) for one in sizes if one for wanted in (one, 1 / one))
