"""What may be known of a type of op."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

Kind = Literal[
    "arithmetic",
    "remainder",
    "comparison",
    "logical",
    "choice",
    "unary",
    "normalisation",
    "reduction",
    "segments",
    "product",
    "cumulative",
    "gather",
    "ranking",
    "filter",
    "reordering",
    "layout",
    "cast",
    "shape",
    "source",
    "state",
    "random",
    "python",
    "control",
    "other",
]
"""``arithmetic``, ``remainder`` (and floor), ``comparison``, ``logical`` and ``choice`` work on two operands, or
three, element by element; ``unary`` on one. ``layout``: the same numbers in another shape. ``source``: made of no
tensor."""


class Argument(NamedTuple):
    """An argument of a function beside its operands.

    Parameters
    ----------
    name
        Its keyword.
    place
        Its number where it is given by position.
    where
        Where the op has it: the number of an input, counted from the end if negative, or an attribute's name. None
        where the op has it in no such way, as a softmax its axis.
    """

    name: str
    place: int
    where: int | str | None = None


@dataclass(frozen=True, slots=True)
class OpType:
    """A type of op.

    Parameters
    ----------
    functions
        The functions that call it with its operands in order, the usual one first, without the module.
    module
        Where the first of them is, below `tf`.
    operator
        The operator that runs it.
    noun
        What its result is called.
    broadcasts
        Whether its operands are broadcast against each other.
    opposite
        The type of op that somebody takes for it who has a sign, or a direction, the wrong way round.
    sum_or_mean
        Of a sum the mean over the same elements, and the other way round.
    pole
        The input in which its value or its derivative has a pole.
    undefined_below_pole
        Whether it is not defined for negative numbers there.
    keeps_pole
        Whether it is arithmetic by which a number that is kept from a pole reaches it.
    linear
        Whether its derivative vanishes nowhere.
    bound, rectifier
        Whether it holds numbers back that are beyond another operand, or below zero; there it has no gradient.
    activation
        Whether networks apply it to their units, and it may be so flat that no gradient comes through.
    squashes
        Whether it makes probabilities, or their logarithms, of any numbers.
    homogeneous
        Whether a positive factor of its argument is one of its result, or does nothing.
    even
        Whether it gives the same for an argument and for its negative.
    divides
        Whether it divides its first operand by its second.
    masked_by
        The inputs that make elements zero where they are zero.
    indices
        The input that holds indices.
    along_axis
        Whether it works along one axis, that it is told.
    rearranges, gives_axis
        Whether it gives the numbers that it is given, in another shape; whether its author may have asked for it
        to give them an axis of length 1.
    asks_for_shape
        Whether its result depends on the shape of its input alone.
    without_samples
        What its result is, in which no samples are: a constant, a range, a parameter.
    draws
        ``integers``: it draws whole numbers, whatever their dtype; ``differentiably``: it has a gradient for the
        parameters of its distribution. Which ops draw at all is told by `is_draw`.
    on_variable
        ``reads``: it gives (rows of) its value; ``asks``: it gives something else of it, or of a table;
        ``leaves``: it takes a handle and does not change the value.
    only_tells
        Whether it returns what it is given, and is there for what it does besides.
    reads_bits
        Whether it looks at the bits of its input.
    composite
        Whether it is no op but a function of TensorFlow's that takes one's place.
    arguments
        What its function can be told.
    listed
        Whether its operands are given as one list.
    """

    name: str
    kind: Kind
    functions: tuple[str, ...] = ()
    module: str = ""
    operator: str = ""
    noun: str = ""
    broadcasts: bool = False
    opposite: str = ""
    sum_or_mean: str = ""
    pole: int | None = None
    undefined_below_pole: bool = True
    keeps_pole: bool = False
    linear: bool = False
    bound: bool = False
    rectifier: bool = False
    activation: bool = False
    squashes: bool = False
    homogeneous: bool = False
    even: bool = False
    divides: bool = False
    masked_by: tuple[int, ...] = ()
    indices: int | None = None
    along_axis: bool = False
    rearranges: bool = False
    gives_axis: bool = False
    asks_for_shape: bool = False
    without_samples: Literal["constant", "range", "parameter"] | None = None
    draws: Literal["integers", "differentiably"] | None = None
    on_variable: Literal["reads", "asks", "leaves"] | None = None
    only_tells: bool = False
    reads_bits: bool = False
    composite: bool = False
    arguments: tuple[Argument, ...] = ()
    listed: bool = False

    @property
    def function(self) -> str:
        """The function that calls it, below `tf`."""
        return f"{self.module}.{self.functions[0]}" if self.module else self.functions[0]

    @property
    def written(self) -> str:
        """What one writes for it: an operator in backticks, or a function."""
        return f"`{self.operator}`" if self.operator else f"tf.{self.function}"
