"""What may be written in a function, as plain text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_NAME = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True)
class Vocabulary:
    """What may be written in a function.

    Parameters
    ----------
    alike
        For each quantity that is written somewhere, others of its kind.
    fitting
        For each quantity, others that it may be multiplied by or divided by and keep its shape.
    others
        The names that stand for none: modules, functions, what holds a batch.
    numbers, counts
        The names that stand for a number of Python's, and for a whole one.
    bound
        The lines before which names mean nothing yet.
    functions
        The names of functions that only the other program calls, or this function of its own ones, each with how
        many arguments it is given.
    made
        The calls of the function that are given one quantity alone, by what that is.
    scales
        The numbers that only the other program computes with, where they are few.
    unread
        What only the other program reads of what both are given.
    strings
        The words that calls of either program are given, or that they compare with what they are given.
    axes
        Those that calls of the other program are told, as they are written.
    shapes
        The shapes of the arrays among what is written.
    whole
        The arrays of whole numbers among it.
    lengths
        Those of these that may say how long the sequences of samples are: one number each, one at least.
    masks
        The arrays among it that say of each element whether it counts, by zeros and ones.
    flags
        The arrays of truth values.
    conditions
        What the other program says of each element, as truth values.
    factors
        What products of the function are made of, but for names and calls: another one may lack it.
    ratios
        The operators and numbers that make one loss of the other, where it is a plain multiple of that.
    left_out
        The parameters that objects have by default, and that default, by how what is called is written.
    """

    alike: Mapping[str, Sequence[str]] = field(default_factory=dict)
    fitting: Mapping[str, Sequence[str]] = field(default_factory=dict)
    others: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    counts: frozenset[str] = frozenset()
    bound: Mapping[str, int] = field(default_factory=dict)
    functions: Sequence[tuple[str, int]] = ()
    made: Mapping[str, Sequence[str]] = field(default_factory=dict)
    scales: Sequence[str] = ()
    unread: Sequence[str] = ()
    strings: Sequence[str] = ()
    axes: Sequence[str] = ()
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    whole: frozenset[str] = frozenset()
    lengths: Sequence[str] = ()
    masks: Sequence[str] = ()
    flags: Sequence[str] = ()
    conditions: Sequence[str] = ()
    factors: Sequence[str] = ()
    ratios: Sequence[str] = ()
    left_out: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)

    def like(self, quantity: str, line: int) -> list[str]:
        """Return what may be written for a quantity in a line."""
        return self.written(self.alike.get(quantity, ()), line)

    def of_another_size(self, array: str, line: int) -> list[str]:
        """Return the arrays of another size that elements may be taken of in a line, as they are of one."""
        shape, kinds = self.shapes.get(array), (self.whole, self.flags)
        found = [
            one
            for one, other in self.shapes.items()
            if shape is not None
            and (len(other), other == shape) == (len(shape), False)
            and all((one in kind) == (array in kind) for kind in kinds)
        ]
        return self.written(found, line)

    def single(self, line: int) -> list[str]:
        """Return the arrays that hold one number, which may stand for one of Python's in a line."""
        one_number = (one for one, shape in self.shapes.items() if shape == ())
        return self.written(
            [one for one in one_number if one not in self.whole and one not in self.flags], line
        )

    def beside(self, quantity: str, line: int) -> list[str]:
        """Return what may stand beside a quantity in a line."""
        return self.written(self.fitting.get(quantity, ()), line)

    def known(self, texts: Sequence[str], line: int) -> list[str]:
        """Return those of some expressions all of whose names mean something in a line."""
        return [one for one in texts if all(self.bound.get(name, 0) < line for name in _NAME.findall(one))]

    def written(self, texts: Sequence[str], line: int) -> list[str]:
        """Return those of some quantities that mean something in a line."""
        return [one for one in texts if self.bound.get(one.partition("[")[0], 0) < line]
