"""A splice: what of the candidate is replaced, and by what of the reference, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gradcheck.arrays import Array
from gradcheck.program.recording import Recording, Shape

STEP = 1e-7
"""How far the variables are moved between the two points at which quantities are known, relative to their size.

Two programs may differ in second order, as where one stops the gradient of a mean whose share is zero. That is
this many times smaller than what is compared, and below the tolerance of an alignment; what float64 rounds is two
orders smaller still.
"""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where something of the candidate is replaced: in every run of one expression.

    Parameters
    ----------
    ops
        The indices of the ops.
    slot
        The number of their output; or, with `reads`, that of the input, which is replaced for these ops alone.
    """

    ops: tuple[int, ...]
    slot: int
    reads: bool = False

    def numbers(self, recording: Recording) -> tuple[int, ...]:
        """Return the tensors that are replaced, one for each run."""
        ops = [recording.ops[index] for index in self.ops]
        return tuple((op.inputs if self.reads else op.outputs)[self.slot] for op in ops)


@dataclass(frozen=True, eq=False, repr=False)
class Weights:
    """What the elements of tensors are multiplied by, by the number of the tensor."""

    of: Mapping[int, Array]


@dataclass(frozen=True, slots=True)
class Source:
    """A quantity of the reference, as it is put in place.

    Parameters
    ----------
    numbers
        Its tensors: one, or those of all runs of an expression; none for the number 1.
    backwards
        Whether the runs are taken from the last to the first.
    total
        Whether it is the sum over all runs and elements.
    factor
        What it is multiplied by.
    shape
        The shape that it is given, of each run where there is a spot for each; None to leave it as it is.
    axis
        Along which axis of that shape its own first one lies, as that of the runs.
    turned
        The axis of that shape along which it is taken from the last to the first; None for none.
    added
        Whether it is added to what is there, and not put in its place.
    weights
        What its elements are multiplied by; None for nothing.
    where
        The candidate's tensor that says in which places it is put, one element after the other: in the others
        stays what is there. None for all places.
    """

    numbers: tuple[int, ...]
    backwards: bool = False
    total: bool = False
    factor: float = 1.0
    shape: Shape | None = None
    axis: int = 0
    turned: int | None = None
    added: bool = False
    weights: Weights | None = None
    where: int | None = None

    @property
    def keeps(self) -> bool:
        """Whether what is there counts, too."""
        return self.added or self.where is not None


@dataclass(frozen=True, slots=True)
class Splice:
    """One quantity of the reference in one spot of the candidate."""

    spot: Spot
    source: Source
