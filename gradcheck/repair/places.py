"""What edits touch: the places that they need in a recording, and the numbers that they bring into a program."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.program.places import LOSS, Place
from gradcheck.repair.language import (
    At,
    Call,
    Edit,
    Expression,
    Input,
    Number,
    Own,
    all_parts,
)


def places_of(edits: Sequence[Edit]) -> set[Place]:
    """Return the places that a recording has to have for `edits` to mean anything in it."""
    read = (part.place for edit in edits for part in all_parts(edit.expression) if isinstance(part, At))
    return {*(edit.place for edit in edits if edit.place != LOSS), *read}


def coefficient(edit: Edit) -> float | None:
    """Return the number by which an edit multiplies an input or the result, or that it adds; None for none."""
    return next((number for part in all_parts(edit.expression) if (number := _of(part)) is not None), None)


def scales(edit: Edit) -> bool:
    """Return whether an edit multiplies something by a number."""
    return any(
        isinstance(part, Call) and part.name == "multiply" and _of(part) is not None
        for part in all_parts(edit.expression)
    )


def has_a_number(edit: Edit) -> bool:
    """Return whether a number but 0 and 1 is part of an edit: it may be a size, which another batch has not."""
    numbers = (part.value for part in all_parts(edit.expression) if isinstance(part, Number))
    return any(number not in (0, 1) for number in numbers)


def _of(expression: Expression) -> float | None:
    if not isinstance(expression, Call) or expression.name not in ("multiply", "add", "subtract", "divide"):
        return None
    numbers = [one.value for one in expression.arguments if isinstance(one, Number)]
    plain = any(isinstance(one, Input | Own) for one in expression.arguments)
    if not plain or not numbers or not isinstance(numbers[0], int | float):
        return None
    return 1 / numbers[0] if expression.name == "divide" and numbers[0] else numbers[0]
