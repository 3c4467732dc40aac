"""What was seen of the gradients of a program that trains, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gradcheck.source import Span

Shape = tuple[int | None, ...]
"""As far as it is known: a length may be unknown while a function is traced."""


@dataclass(frozen=True, kw_only=True)
class NormSummary:
    """The norm of a variable's gradient over the calls; `median` is that of the last calls that were kept."""

    first: float
    median: float
    last: float


@dataclass(frozen=True, kw_only=True)
class VariableHealth:
    """The gradient of one variable over all calls at one place.

    Parameters
    ----------
    path
        The variable's own name.
    norm
        None where the gradient was None in every call.
    zero, none, not_finite
        In how many of the calls the gradient was exactly zero, None, or had an element that is no number.
    dead_units, units
        How many elements of a vector's gradient were exactly zero in every call, of how many were looked at.
        Zero of zero for whatever is no vector.
    seen
        Whether the tape saw the variable being read; None where that is not known.
    trainable
        Whether the variable is meant to be trained.
    identity
        Tells variables apart while the program runs; nothing that a reader needs.
    """

    path: str
    shape: Shape
    norm: NormSummary | None
    zero: int
    none: int
    not_finite: int
    dead_units: int = 0
    units: int = 0
    seen: bool | None = None
    trainable: bool = True
    identity: int = 0


@dataclass(frozen=True, kw_only=True)
class Target:
    """What was differentiated.

    Parameters
    ----------
    shapes
        Of its tensors.
    span
        The expression that made it, or the one that stands for it in the call; None where that is not known.
    not_finite
        In how many of the calls it was not finite itself.
    float16
        Whether it was computed in float16.
    """

    shapes: tuple[Shape, ...]
    span: Span | None = None
    not_finite: int = 0
    float16: bool = False


@dataclass(frozen=True, kw_only=True)
class BatchFigure:
    """One number that was made of all samples, and then combined with samples again.

    Parameters
    ----------
    span, shape
        The expression that makes it, and the shape of what it is made of.
    meets, meets_shape
        The expression in which it meets samples, and the shape of the result.
    """

    span: Span
    shape: Shape
    meets: Span
    meets_shape: Shape


@dataclass(frozen=True, kw_only=True)
class PlaceHealth:
    """A place in the user's code where gradients are taken.

    Parameters
    ----------
    calls
        How many gradients were taken there; each replica of a strategy takes its own.
    variables
        One for each variable that a gradient was taken for, in their order.
    other_sources
        For how many tensors that are no variables a gradient was taken as well.
    traced
        Whether it was a part of a compiled function.
    weighted
        Whether the call said how much each element of the target counts (`output_gradients`).
    single_unit
        Where softmax was taken over one unit before that gradient.
    converted
        Where a tensor that the tape watched was made a Python number or an array, inside the tape.
    figures
        Numbers made of all samples and combined with samples again before that gradient.
    unmeasured
        Why the gradients were not looked at; empty where they were.
    """

    span: Span
    calls: int
    variables: tuple[VariableHealth, ...]
    target: Target
    other_sources: int = 0
    traced: bool = False
    weighted: bool = False
    single_unit: tuple[Span, ...] = ()
    converted: tuple[Span, ...] = ()
    figures: tuple[BatchFigure, ...] = ()
    unmeasured: str = ""


@dataclass(frozen=True, kw_only=True)
class VariableSeen:
    """A trainable variable that a tape saw, or that a gradient was taken for.

    Parameters
    ----------
    asked
        Whether a gradient was ever taken for it.
    applied
        Whether an optimizer was ever handed it.
    changed
        Whether its value changed meanwhile; None where that is not known.
    place
        Where the gradient was taken whose tape saw it first.
    """

    path: str
    shape: Shape
    asked: bool
    applied: bool
    changed: bool | None
    place: Span
    identity: int = 0


@dataclass(frozen=True, kw_only=True)
class Misapplied:
    """An optimizer was handed the gradient of one variable for another one, or None.

    Parameters
    ----------
    variable
        The variable that was to be updated.
    belongs_to
        The variable whose gradient it was; None where the optimizer was handed None.
    """

    kind: Literal["none", "other"]
    variable: str
    belongs_to: str | None
    span: Span | None


@dataclass(frozen=True, kw_only=True)
class UnreadLosses:
    """A layer that adds losses of its own, which nobody read while the program trained.

    Parameters
    ----------
    kind
        ``regularizer``: of its weights; ``add_loss``: what it added itself, or for a regularizer of its activity.
    """

    layer: str
    kind: Literal["regularizer", "add_loss"]


@dataclass(frozen=True)
class FirstOp:
    """The first op that gave numbers that are not finite, though it was given none, by its type.

    `span` is the user's expression that asked for it, or for the op whose derivative it is; None where that is not
    known.
    """

    kind: str
    span: Span | None


@dataclass(frozen=True, kw_only=True)
class TrainingSeen:
    """All that was seen of a program that trains."""

    places: tuple[PlaceHealth, ...] = ()
    variables: tuple[VariableSeen, ...] = ()
    misapplied: tuple[Misapplied, ...] = ()
    unread: tuple[UnreadLosses, ...] = ()
    scales_the_loss: bool = False
    first_not_finite: FirstOp | None = None
    first_in_function: FirstOp | None = None
