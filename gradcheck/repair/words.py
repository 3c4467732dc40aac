"""Edits in words, for where they cannot be written as source."""

from __future__ import annotations

from gradcheck.program.ops import OPS
from gradcheck.repair.language import (
    At,
    Call,
    Edit,
    Either,
    Expression,
    Input,
    Number,
    Own,
    Runs,
    Settings,
)


def in_words(edit: Edit) -> str:
    """Return an edit as an instruction."""
    if edit.words:
        return edit.words
    return _instruction(edit.expression)


def _instruction(expression: Expression) -> str:
    match expression:
        case Input():
            return "leave this out"
        case Own(inputs=(), settings=(), kind=kind):
            return f"use {OPS[kind].written} here instead"
        case Own(inputs=inputs, settings=settings):
            said = [_change(one, f"operand {number + 1}", Input(number)) for number, one in inputs]
            return "; ".join([*said, *([f"use {_settings(settings)}"] if settings else [])])
    return _change(expression, "the result", Own())


def _change(expression: Expression, what: str, changed: Expression) -> str:  # noqa: PLR0911 - one per kind
    """Return what becomes of an operand, or of the result."""
    match expression:
        case Call(name="multiply", arguments=(Number(value=factor), one)) if one == changed:
            return _scaled(factor, what)
        case Call(name="add", arguments=(one, Number(value=float() | int() as by))) if one == changed:
            return f"add {by:g} to {what}" if by > 0 else f"subtract {-by:g} from {what}"
        case Call(name="negative", arguments=(one,)) if one == changed:
            return f"change the sign of {what}"
        case Call(name="cast", arguments=(one,)) if one == changed:
            return f"cast {what} to floating point"
        case Call(name=name, arguments=(one,), settings=settings) if one == changed:
            given = f", {_settings(settings)}" if settings else ""
            return f"tf.{name}(...{given}) on {what}"
        case Number(value=value):
            return f"use {value} as {what}"
    return f"use {formula(expression, what, changed)} as {what}"


def _scaled(factor: object, what: str) -> str:
    if factor == 0:
        return "leave this term out" if what == "the result" else f"put 0 in place of {what}"
    return f"change the sign of {what}" if factor == -1 else f"multiply {what} by {factor:.6g}"


def formula(  # noqa: PLR0911 - one per kind
    expression: Expression, what: str = "the result", changed: Expression | None = None
) -> str:
    """Return an expression as a formula of what the op reads and gives."""
    if expression == changed:
        return what
    match expression:
        case Input(number=number):
            return f"operand {number + 1}"
        case Own(kind=kind):
            return OPS[kind].written if kind else "the result"
        case At(place=place):
            return f"what {OPS[place.type].written if place.type in OPS else place.type} is given"
        case Number(value=value):
            return str(list(value)) if isinstance(value, tuple) else f"{value:g}"
        case Runs():
            return "the number of runs"
        case Either(condition=condition, one=one, other=other):
            first, test, second = (formula(part, what, changed) for part in (one, condition, other))
            return f"{first} if {test} else {second}"
        case Call(name=name, arguments=arguments, settings=settings):
            given = [formula(one, what, changed) for one in arguments]
            return f"tf.{name}({', '.join([*given, *([_settings(settings)] if settings else [])])})"
    return what


def _settings(settings: Settings) -> str:
    return ", ".join(
        f"{name}={list(value) if isinstance(value, tuple) else value}" for name, value in settings
    )
