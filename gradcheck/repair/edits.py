"""Edits: one change to the ops of a recording that came from one place in the source, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gradcheck.program.ops import OPS
from gradcheck.program.places import Place

Function = Literal[
    "add",
    "append_axes",
    "as_float",
    "expand_dims",
    "negative",
    "reduce_mean",
    "reduce_sum",
    "reverse",
    "scale",
    "squeeze",
    "stop_gradient",
    "transpose",
]
"""What may be put around an input or an output of an op."""


@dataclass(frozen=True, slots=True)
class OnInput:
    """Put `function` around input number `input` of the op. `argument` is its axis or factor."""

    input: int
    function: Function
    argument: float | int | None = None

    @property
    def in_words(self) -> str:
        """The change as an instruction."""
        return _in_words(self.function, self.argument, f"operand {self.input + 1}")


@dataclass(frozen=True, slots=True)
class OnOutput:
    """Put `function` around the op."""

    function: Function
    argument: float | None = None

    @property
    def in_words(self) -> str:
        """The change as an instruction."""
        if self.function == "scale" and self.argument == 0:
            return "leave this term out"
        return _in_words(self.function, self.argument, "the result")


@dataclass(frozen=True, slots=True)
class Skip:
    """Leave the op out: its input number `input` takes the place of its output."""

    input: int = 0

    @property
    def in_words(self) -> str:
        """The change as an instruction."""
        return "leave this out"


@dataclass(frozen=True, slots=True)
class SkipWhereLossy:
    """Leave a cast out in those runs of the expression in which it changes a number."""

    @property
    def in_words(self) -> str:
        """The change as an instruction."""
        return "leave the cast out for what is no whole number"


@dataclass(frozen=True, slots=True)
class Become:
    """Run an op of another type on the same inputs."""

    type: str

    @property
    def in_words(self) -> str:
        """The change as an instruction."""
        return f"use {OPS[self.type].written} here instead"


@dataclass(frozen=True, slots=True)
class OverAxes:
    """Reduce over other axes."""

    axes: tuple[int, ...]
    keepdims: bool

    @property
    def in_words(self) -> str:
        """The change as an instruction."""
        axes = self.axes[0] if len(self.axes) == 1 else list(self.axes)
        return f"use axis={axes}, keepdims={self.keepdims}"


@dataclass(frozen=True, slots=True)
class AlongAxis:
    """Apply the op (softmax, argmax) along another axis. In the user's call that is the axis `written`."""

    axis: int
    written: int

    @property
    def in_words(self) -> str:
        """The change as an instruction."""
        return f"use axis={self.written}"


@dataclass(frozen=True, slots=True)
class GatherAlong:
    """Gather along `axis`, the axes before `batch_dims` being paired one to one."""

    axis: int
    batch_dims: int

    @property
    def in_words(self) -> str:
        """The change as an instruction."""
        return f"use axis={self.axis}, batch_dims={self.batch_dims}"


@dataclass(frozen=True, slots=True)
class ShiftSlice:
    """Move the bounds of a slice along its axis number `axis`."""

    axis: int
    begin: int
    end: int

    @property
    def in_words(self) -> str:
        """The change as an instruction."""
        return f"move the slice's start by {self.begin} and its end by {self.end} along axis {self.axis}"


@dataclass(frozen=True, slots=True)
class AverageInput:
    """Replace input number `input` by its mean over all runs of the expression."""

    input: int

    @property
    def in_words(self) -> str:
        """The change as an instruction."""
        return "divide every part by the same count, the mean of the counts over the parts"


@dataclass(frozen=True, slots=True)
class WeighByCount:
    """Multiply the mean by its share of the elements that all runs of the expression are taken of.

    With `average` the runs are averaged afterwards, without it added up.
    """

    average: bool

    @property
    def in_words(self) -> str:
        """The change as an instruction."""
        if self.average:
            return "weigh each part by how many elements it has, or divide the sum over all parts once"
        return "take the sum of each part here, and divide once by the count of all elements"


@dataclass(frozen=True, slots=True)
class MeanOfKept:
    """Divide by the count of what the mask keeps: input number `mask` of the op that made what the mean is of."""

    mask: int

    @property
    def in_words(self) -> str:
        """The change as an instruction."""
        return "divide the sum by the sum of the mask"


@dataclass(frozen=True, slots=True)
class DivideByOneLess:
    """Multiply by n / (n - 1), or by the `root` of it: n is how many elements one mean at `mean` is taken of."""

    mean: Place
    root: bool

    @property
    def in_words(self) -> str:
        """The change as an instruction."""
        return "divide the sum of the squares by one less than their number"


@dataclass(frozen=True, slots=True)
class MeanOfRatios:
    """Divide the two sums over everything row by row, or else number by number, and average what that gives."""

    of_rows: bool

    @property
    def in_words(self) -> str:
        """The change as an instruction."""
        if self.of_rows:
            return "divide the sums of each row, over all axes but the first, and average what that gives"
        return "divide number by number, and average what that gives"


@dataclass(frozen=True, slots=True)
class StraightThrough:
    """Let the gradient pass to what the op at `source` gave, as if the op passed that on."""

    source: Place

    @property
    def in_words(self) -> str:
        """The change as an instruction."""
        return "add what it was picked from, and subtract the same within tf.stop_gradient"


@dataclass(frozen=True, slots=True)
class Number:
    """Put the whole number `value` in place of input number `input`."""

    input: int
    value: int

    @property
    def in_words(self) -> str:
        """The change as an instruction."""
        return f"use {self.value} as operand {self.input + 1}"


@dataclass(frozen=True, slots=True)
class FlatIndex:
    """Compute the indices of elements of rows of `stride`, which input number `input` at `reader` picks."""

    stride: int
    reader: Place
    input: int

    @property
    def in_words(self) -> str:
        """The change as an instruction."""
        return f"multiply the number of the row by {self.stride}, and add the index within the row"


Reduction = Literal["mean", "sum", "stack", "same"]


@dataclass(frozen=True, slots=True)
class TakeFrom:
    """Replace input number `input`, a constant, by the op outputs it was copied from.

    With `reduction` ``mean`` or ``sum`` it is that of all outputs at the source (over `axis`, if given),
    with ``stack`` all of them as one array along `axis`, with ``same`` the output of the same run, or of number
    `run`.
    """

    input: int
    source: Place
    reduction: Reduction
    axis: int | None = None
    run: int | None = None

    @property
    def in_words(self) -> str:
        """The change as an instruction."""
        return "keep the tensor, so that the gradient can pass"


@dataclass(frozen=True, slots=True)
class Instead:
    """Compute `function` of what went into the op at `source`, in place of this op."""

    function: str
    source: Place

    @property
    def in_words(self) -> str:
        """The change as an instruction."""
        return f"use {FUSED[self.function]} of the inner function's argument"


FUSED = {
    "log_sigmoid": "tf.math.log_sigmoid",
    "log_softmax": "tf.nn.log_softmax",
    "softplus": "tf.nn.softplus",
}
"""What one writes for the functions that take the place of two."""


@dataclass(frozen=True, slots=True)
class SafeInput:
    """Replace input number `input` where `condition` is false by 1, before the op sees it.

    `condition` is the place of the op that made the condition; None stands for "greater than zero", and
    the op's output is then 0 elsewhere.
    """

    input: int
    condition: Place | None

    @property
    def in_words(self) -> str:
        """The change as an instruction."""
        return "replace its argument by a harmless constant, with tf.where, before it is applied"


@dataclass(frozen=True, slots=True)
class OtherSide:
    """Let the gradient pass at these `stops`, and of `term`, which is made from them, nothing else.

    What is stopped beside them depends on where the term begins, which a recording does not show. But the
    gradients tell: what passes anew is added, and what `term` had is taken away.
    """

    stops: tuple[Place, ...]
    term: Place

    @property
    def in_words(self) -> str:
        """The change as an instruction."""
        return "stop the gradient of the other one instead"


_SCALED = {0.0: "put 0 in place of {what}", -1.0: "change the sign of {what}"}

_PLAINLY: dict[Function, str] = {
    "append_axes": "append {argument} axes of length 1 to {what}",
    "as_float": "cast {what} to floating point",
    "negative": "change the sign of {what}",
}


def _in_words(function: Function, argument: float | int | None, what: str) -> str:
    if function in _PLAINLY:
        return _PLAINLY[function].format(argument=argument, what=what)
    match function:
        case "scale" if argument is not None:
            return _SCALED.get(argument, f"multiply {{what}} by {argument:.6g}").format(what=what)
        case "add" if argument is not None:
            return f"add {argument:g} to {what}" if argument > 0 else f"subtract {-argument:g} from {what}"
        case "reduce_sum" | "reduce_mean" if argument is not None:
            return f"tf.{function}(..., axis={argument}, keepdims=True) on {what}"
    return f"tf.{function}(...{'' if argument is None else f', axis={argument}'}) on {what}"


Change = (
    OnInput
    | OnOutput
    | Skip
    | SkipWhereLossy
    | Become
    | OverAxes
    | AlongAxis
    | GatherAlong
    | ShiftSlice
    | AverageInput
    | WeighByCount
    | MeanOfKept
    | DivideByOneLess
    | MeanOfRatios
    | StraightThrough
    | FlatIndex
    | Number
    | OtherSide
    | TakeFrom
    | Instead
    | SafeInput
)


@dataclass(frozen=True, slots=True)
class Edit:
    """A change to the ops at a place. The loss itself has the place ``Place(None, "loss")``."""

    place: Place
    change: Change
