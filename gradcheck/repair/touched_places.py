"""What an edit touches: the places that it needs in a recording, and the number that it brings into a program."""

from __future__ import annotations

from typing import assert_never

from gradcheck.program.places import LOSS, Place
from gradcheck.repair.edits import (
    AlongAxis,
    AverageInput,
    Become,
    Change,
    DivideByOneLess,
    Edit,
    FlatIndex,
    GatherAlong,
    Instead,
    MeanOfKept,
    MeanOfRatios,
    Number,
    OnInput,
    OnOutput,
    OtherSide,
    OverAxes,
    SafeInput,
    ShiftSlice,
    Skip,
    SkipWhereLossy,
    StraightThrough,
    TakeFrom,
    WeighByCount,
)


def places_of(edit: Edit) -> tuple[Place, ...]:
    """Return the places that a recording has to have for `edit` to mean anything in it."""
    own = () if edit.place == LOSS else (edit.place,)
    return (*own, *_read_by(edit.change))


def _read_by(change: Change) -> tuple[Place, ...]:
    """Return the places that a change looks at, besides the one that it changes."""
    match change:
        case StraightThrough(source=place) | TakeFrom(source=place) | Instead(source=place):
            return (place,)
        case FlatIndex(reader=place) | DivideByOneLess(mean=place):
            return (place,)
        case SafeInput(condition=condition):
            return () if condition is None else (condition,)
        case OtherSide(stops=stops, term=term):
            return (*stops, term)
        case (
            OnInput()
            | OnOutput()
            | Skip()
            | SkipWhereLossy()
            | Become()
            | OverAxes()
            | AlongAxis()
            | Number()
        ):
            return ()
        case GatherAlong() | ShiftSlice() | AverageInput() | WeighByCount() | MeanOfKept() | MeanOfRatios():
            return ()
    assert_never(change)


def coefficient(change: Change) -> float | None:
    """Return the number that a change multiplies by or adds, or None where there is none."""
    match change:
        case OnInput(function="scale" | "add", argument=argument):
            return None if argument is None else float(argument)
        case OnOutput(function="scale" | "add", argument=argument):
            return argument
    return None


def has_a_number(change: Change) -> bool:
    """Return whether a number is part of a change, be it the length of a row: another size may not have it."""
    return coefficient(change) is not None or isinstance(change, Number | FlatIndex)
