"""The first quantity of the candidate that the reference does not have."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gradcheck.explanation.counterparts import Counterparts, Match, Values
from gradcheck.program.recording import Op, Recording


@dataclass(frozen=True)
class Divergence:
    """An op of the candidate at which it leaves the reference.

    Parameters
    ----------
    reads
        How well what it reads is matched, of floating-point numbers that were computed before; None where it
        reads none.
    result
        The same for what it gives.
    """

    op: Op
    reads: Match | None
    result: Match | None


def divergences(
    candidate: Recording, values: Values, reference: Recording, reference_values: Values
) -> list[Divergence]:
    """Return where the candidate leaves the reference, in order.

    Every number of a quantity is looked for among all numbers of the reference, whatever the shapes.
    Walking back from the loss, quantities without a counterpart are passed; where all that an op reads has
    one, it is taken. Numbers that the reference has may yet be the wrong ones, as those of another action:
    so where what it reads has no counterpart as a whole, what made it is followed back to an op that makes
    this out of what has one, and that op is taken instead.

    Parameters
    ----------
    values, reference_values
        By tensor number, in float64, of either side. Where one is empty, nothing is known and returned.

    Notes
    -----
    A quantity may lack a counterpart and be right: the reference may never have computed it.
    """
    if not values or not reference_values:
        return []
    walk = _Walk(candidate, values, Counterparts(reference, reference_values))
    parting = walk.back([candidate.loss], lambda number: walk.match(number) == "no")
    found = {first.index: first for op in parting for first in walk.selecting(op) or [op]}
    return [Divergence(op, walk.least(op.inputs), walk.least(op.outputs)) for _, op in sorted(found.items())]


class _Walk:
    """The way back through the candidate."""

    def __init__(self, candidate: Recording, values: Values, counterparts: Counterparts) -> None:
        self._candidate = candidate
        self._values = values
        self._counterparts = counterparts
        self._known: dict[int, Match] = {}

    def back(self, numbers: list[int], passed: Callable[[int], bool]) -> list[Op]:
        """Return the ops, on the way back from `numbers`, of whose inputs none is to be passed."""
        found, seen, pending = [], set[int](), list(numbers)
        while pending:
            op = self._candidate.producer(pending.pop())
            if op is None or op.index in seen:
                continue
            seen.add(op.index)
            further = [number for number in self._computed(op.inputs) if passed(number)]
            pending.extend(further)
            if not further:
                found.append(op)
        return found

    def selecting(self, op: Op) -> list[Op]:
        """Return the ops before `op` that make, of what has a counterpart, what has one only by its numbers.

        Not where none of what they read depends on a variable: batches are joined and split in many ways.
        """
        by_numbers = [number for number in self._computed(op.inputs) if self.match(number) == "numbers"]
        before = self.back(by_numbers, lambda number: self.match(number) == "numbers")
        return [
            one
            for one in before
            if not self._candidate.trainable.isdisjoint(one.inputs)
            and self.least(one.inputs) == "whole"
            and self.least(one.outputs) == "numbers"
        ]

    def least(self, numbers: Iterable[int]) -> Match | None:
        """Return how well the worst matched of some tensors is; None where none was computed."""
        matches = {self.match(number) for number in self._computed(numbers)}
        return next((match for match in _WORST_FIRST if match in matches), None)

    def match(self, number: int) -> Match:
        """Return how well a tensor is matched."""
        if number not in self._known:
            self._known[number] = self._counterparts.match(self._values[number])
        return self._known[number]

    def _computed(self, numbers: Iterable[int]) -> list[int]:
        """Return which of these are floating-point numbers that an op made, and known."""
        return [
            number
            for number in numbers
            if self._candidate.producer(number) is not None
            and number in self._values
            and self._values[number].dtype.kind == "f"
        ]


_WORST_FIRST: tuple[Match, ...] = ("no", "numbers", "whole")
