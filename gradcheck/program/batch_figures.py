"""Figures of the whole batch that are combined with samples again: one number where each should have its own.

A loss may well end in one number. It is odd where that number is then combined with samples once more, as one
log-probability or one ratio that multiplies the advantage of each sample.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from gradcheck.program.ops import ADDITIONS, DIVISIONS, ELEMENTWISE, LINEAR, REDUCTIONS, is_draw

PartialShape = tuple[int | None, ...]


class Quantity(NamedTuple):
    """A tensor, by what tells it from others.

    `watched`: whether a tape follows what is done with it, so that a gradient comes through.
    """

    key: Hashable
    shape: PartialShape
    watched: bool

    @property
    def is_one_number(self) -> bool:
        """Whether it has one element."""
        return all(length == 1 for length in self.shape)


class Step(NamedTuple):
    """An op that a tape saw. `place` is the user's expression; None where it is a part of a layer."""

    kind: str
    inputs: tuple[Quantity, ...]
    made: Quantity
    place: Any


class Meeting(NamedTuple):
    """A step that makes one number of all samples, and the later one that combines it with samples."""

    figure: Step
    with_samples: Step


def is_reduction(kind: str, inputs: Sequence[Quantity], made: Quantity) -> bool:
    """Return whether an op makes one number of many samples, through which a gradient comes."""
    return (
        kind in REDUCTIONS and made.watched and made.is_one_number and inputs[0].shape[:1] not in ((), (1,))
    )


def may_meet(kind: str, inputs: Sequence[Quantity], made: Quantity) -> bool:
    """Return whether an op combines one number, through which a gradient comes, with many."""
    return (
        kind in ELEMENTWISE
        and not made.is_one_number
        and any(each.is_one_number and each.watched for each in inputs)
    )


def meetings(steps: Sequence[Step], targets: Iterable[Hashable]) -> Iterator[Meeting]:
    """Yield the figures of all samples that are combined with samples on the way to what is differentiated.

    A figure that is only added, to what is then summed or averaged, is none: there it does not matter. Nor is
    one that meets what it was made of, as in a standardisation, unless it was made of samples and their elements
    alike.
    """
    flow = _Flow(steps)
    needed = flow.before(targets)
    for step in steps:
        if step.place is None or not is_reduction(step.kind, step.inputs, step.made):
            continue
        for met in flow.met_by(step.made):
            if met.made.key in needed and met.place is not None and _is_odd(flow, step, met):
                yield Meeting(step, met)
                break


def _is_odd(flow: _Flow, figure: Step, met: Step) -> bool:
    reduced = figure.inputs[0]
    samples = reduced.shape[0]
    others = [each for each in met.inputs if flow.has_samples(each, samples)]
    if not (others and flow.has_samples(reduced, samples)):
        return False
    if met.kind in _ADDING and flow.is_only_summed(met.made):
        return False
    if met.kind == "Sub" and figure.kind in ("Max", "Min"):  # keeps the exponential in range, and cancels
        return False
    of_samples_alone = sum(length != 1 for length in reduced.shape) < 2
    return not (of_samples_alone and any(flow.are_related(reduced, each, samples) for each in others))


_ADDING = ADDITIONS | {"Sub"}
_ON_THE_WAY = (LINEAR - DIVISIONS) | {"Neg"}


class _Flow:
    """How the quantities of some steps follow from each other."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._makers = {step.made.key: step for step in steps}
        self._readers: dict[Hashable, list[Step]] = defaultdict(list)
        self._lengths: dict[Hashable, frozenset[int | None]] = {}
        for step in steps:
            for each in step.inputs:
                self._readers[each.key].append(step)
            own = frozenset() if step.inputs and not is_draw(step.kind) else _length_of_data(step.made)
            self._lengths[step.made.key] = own.union(*map(self._lengths_behind, step.inputs))

    def _lengths_behind(self, quantity: Quantity) -> frozenset[int | None]:
        known = self._lengths.get(quantity.key)
        return _length_of_data(quantity) if known is None else known

    def has_samples(self, quantity: Quantity, samples: int | None) -> bool:
        """Return whether a quantity has so many rows, and was made of data that has as many."""
        return quantity.shape[:1] == (samples,) and samples in self._lengths_behind(quantity)

    def before(self, keys: Iterable[Hashable]) -> set[Hashable]:
        """Return some quantities, and all that they were made of."""
        found: set[Hashable] = set()
        left = list(keys)
        while left:
            key = left.pop()
            if key not in found:
                found.add(key)
                left += [each.key for each in self._inputs(key)]
        return found

    def _inputs(self, key: Hashable) -> tuple[Quantity, ...]:
        maker = self._makers.get(key)
        return () if maker is None else maker.inputs

    def met_by(self, figure: Quantity) -> Iterator[Step]:
        """Yield the steps in which a figure, or a number that follows from it, is combined with many."""
        seen, left = set(), [figure.key]
        while left:
            for step in self._readers[left.pop()]:
                if may_meet(step.kind, step.inputs, step.made):
                    yield step
                elif step.made.is_one_number and step.made.watched and step.made.key not in seen:
                    seen.add(step.made.key)
                    left.append(step.made.key)

    def is_only_summed(self, quantity: Quantity) -> bool:
        """Return whether all that becomes of a quantity is that it is added to others, and summed or averaged."""
        seen, left = set(), [quantity.key]
        while left:
            for step in self._readers[left.pop()]:
                if not (step.kind in _ON_THE_WAY or _scales(step)):
                    return False
                if not step.made.is_one_number and step.made.key not in seen:
                    seen.add(step.made.key)
                    left.append(step.made.key)
        return True

    def are_related(self, one: Quantity, other: Quantity, samples: int | None) -> bool:
        """Return whether one was made of the other, or both of a third through which a gradient comes."""
        return not self._trained_behind(one, samples).isdisjoint(self._trained_behind(other, samples))

    def _trained_behind(self, quantity: Quantity, samples: int | None) -> set[Hashable]:
        found: set[Hashable] = set()
        left = [quantity]
        while left:
            each = left.pop()
            if each.watched and each.key not in found and self.has_samples(each, samples):
                found.add(each.key)
                left += self._inputs(each.key)
        return found


def _length_of_data(quantity: Quantity) -> frozenset[int | None]:
    """Return the leading length of what may be data: many numbers that no tape follows from the start."""
    if quantity.watched or quantity.is_one_number:
        return frozenset()
    return frozenset(quantity.shape[:1])


def _scales(step: Step) -> bool:
    """Return whether a step multiplies by one number, or divides by it."""
    if step.kind in DIVISIONS:
        return step.inputs[1].is_one_number
    return step.kind == "Mul" and any(each.is_one_number for each in step.inputs)
