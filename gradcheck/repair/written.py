"""Edits written into the user's own expression; None wherever that would be a guess.

What is returned may be put in place of the expression's span in the source, and then does what the edit
did in the replay.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gradcheck.program.ops import FUNCTIONS_WITH_OPERATOR, INSIDE, OPS
from gradcheck.program.queries import made_at, scalar_constant, stands_for
from gradcheck.program.recording import Op, Recording
from gradcheck.repair.asked import Asked, value_text
from gradcheck.repair.language import (
    OWN,
    At,
    Call,
    ConflictError,
    Edit,
    Either,
    Expression,
    Input,
    Number,
    Own,
    Settings,
    composed,
)
from gradcheck.repair.sightings import Sightings
from gradcheck.source import Site, is_expression, is_taken_apart, means_the_same, stands_alone
from gradcheck.source.syntax import Written, bracketed, is_atom, is_display, number_in, parses


class _UnwritableError(Exception):
    """What it would be in the source is not certain."""


@dataclass(frozen=True)
class Writer:
    """Writes edits into the source of a recording."""

    recording: Recording

    def written(self, edits: Sequence[Edit]) -> str | None:
        """Return the expression at the place of the edits with all of them; None where that would be a guess."""
        place = edits[0].place
        ops = [op for op in self.recording.at_site.get(place.site, ()) if op.type == place.type]
        if not ops or place.site is None or any(edit.place != place for edit in edits):
            return None
        try:
            whole = composed([edit.expression for edit in edits])
            return _Place(ops[0], place.site, self).whole(whole)
        except (_UnwritableError, ConflictError):
            return None

    @functools.cached_property
    def sightings(self) -> Sightings:
        """Where the quantities of the recording are written."""
        return Sightings(self.recording)


def in_place(site: Site, text: str) -> str | None:
    """Return `text` so that it can stand where the expression at `site` stands."""
    bare = (stands_alone(site) or is_atom(text)) and parses(text)
    text = text if bare else f"({text})"
    return text if parses(text) else None


class _Place:
    """The expression that asked for an op, to be written anew."""

    def __init__(self, op: Op, site: Site, writer: Writer) -> None:
        self._op, self._site, self._writer, self._recording = op, site, writer, writer.recording
        self._asked = Asked(op, site, self._recording)
        self._written = self._asked.written

    def whole(self, expression: Expression) -> str | None:
        """Return what to write in place of the whole expression."""
        match expression:
            case Own() if expression != OWN:
                return self._changed(expression)
            case Input(number=number):
                return in_place(self._site, self._alone(number))
        if isinstance(expression, Number) or not is_expression(self._site) or not self._is_all_there_is():
            raise _UnwritableError
        return in_place(self._site, self._text(expression))

    def _text(self, expression: Expression) -> str:
        match expression:
            case Input(number=number):
                return self._operand(number)
            case Own():
                return self._whole_text() if expression == OWN else self._changed(expression)
            case At():
                return self._elsewhere(expression)
            case Number(value=value):
                return str(list(value)) if isinstance(value, tuple) else _number(value)
            case Either(condition=condition, one=one, other=other) if Number not in map(type, (one, other)):
                first, test, second = (bracketed(self._text(part)) for part in (one, condition, other))
                return f"{first} if {test} else {second}"
            case Call():
                return self._call(expression)
        raise _UnwritableError

    def _call(self, made: Call) -> str:
        if all(isinstance(one, Number) for one in made.arguments):
            raise _UnwritableError  # Python would compute it, and give no tensor
        folded = self._folded(made)
        if folded is not None:
            return folded
        inner, axes = _last_axes(made)
        if axes > 1:
            return f"{bracketed(self._text(inner))}[{', '.join([*self._kept(inner), *['None'] * axes])}]"
        given = [self._text(one) for one in made.arguments]
        operator = FUNCTIONS_WITH_OPERATOR.get(made.name)
        if operator is None or made.settings:
            return f"tf.{made.name}({', '.join([*given, *_keywords(made.settings)])})"
        if len(given) == 1:
            return f"{operator}{bracketed(given[0])}"
        return f" {operator} ".join(map(bracketed, given))

    def _kept(self, expression: Expression) -> list[str]:
        """Return what stands for all axes that an expression has already: few are counted."""
        match expression:
            case Input(number=number):
                shape = self._recording.tensors[self._op.inputs[number]].shape
                return [":"] * len(shape) if len(shape) <= _FEW_AXES else ["..."]
        return ["..."]

    def _folded(self, made: Call) -> str | None:
        """Return the product of a number and one that is written down; None where that is no such product."""
        match made:
            case Call(
                name="multiply", arguments=(Number(value=float() | int() as factor), Input(number=number))
            ):
                value = number_in(self._operand(number))
                return None if value is None else str(np.float32(value * factor))
        return None

    def _whole_text(self) -> str:
        if not is_expression(self._site) or not self._is_all_there_is():
            raise _UnwritableError
        return self._written.text

    def _changed(self, own: Own) -> str:
        """Return the expression with another function or operator, other operands, and other arguments."""
        written = self._written
        if self._op.type == "StridedSlice" and (own.settings or any(number for number, _ in own.inputs)):
            return _certain(self._asked.moved(own))
        inputs = {number: self._text(one) for number, one in own.inputs}
        if inputs and self._is_all_numbers(own):
            raise _UnwritableError  # Python would compute it
        if inputs:
            written = Written(_certain(self._asked.with_inputs(written, inputs)))
        if own.kind:
            written = Written(_certain(self._asked.of_kind(written, OPS[own.kind])))
        if own.settings:
            written = Written(
                _certain(self._asked.told(written, OPS[own.kind or self._op.type], own.settings))
            )
        return written.text

    def _is_all_numbers(self, own: Own) -> bool:
        """Return whether an operator would have nothing but numbers left between which it stands."""
        changed = dict(own.inputs)
        plain = (
            isinstance(changed[number], Number)
            if number in changed
            else scalar_constant(tensor, self._recording) is not None
            for number, tensor in enumerate(self._op.inputs)
        )
        return bool(self._written.operator) and all(plain)

    def _alone(self, number: int) -> str:
        """Return one operand of the expression, without what is made of it."""
        written = self._written
        if not is_expression(self._site):
            raise _UnwritableError
        operands = written.operands
        if written.function:
            if not self._asked.is_called(written) or number >= len(operands) or is_display(operands[number]):
                raise _UnwritableError
            return operands[number]
        if written.operator and len(operands) != len(self._op.inputs):
            raise _UnwritableError
        if number >= len(operands):
            raise _UnwritableError
        return operands[number]

    def _operand(self, number: int) -> str:
        within = INSIDE.get(self._written.name, {}).get((self._op.type, number))
        operands = self._written.operands
        if within is not None and within < len(operands):
            return operands[within]
        listed = self._asked.listed(self._written)
        if listed is not None and number < len(listed.operands):
            return listed.operands[number]
        if self._asked.are_inputs(self._written) and number < len(operands):
            return operands[number]
        return self._seen(self._op.inputs[number])

    def _elsewhere(self, at: At) -> str:
        ops = made_at(at.place, self._recording)
        if not ops or not (at.which == "same" or (len(ops) == 1 and at.which in (0, "last"))):
            raise _UnwritableError
        within = INSIDE.get(self._written.name, {}).get((at.place.type, -1 if at.input is None else at.input))
        if at.place.site == self._site and within is not None and within < len(self._written.operands):
            return self._written.operands[within]
        return self._seen(ops[0].outputs[0] if at.input is None else ops[0].inputs[at.input])

    def _seen(self, number: int) -> str:
        """Return what a tensor is called, or how it is written, where that means the same here."""
        found = [
            span.text
            for span, there in self._writer.sightings.spans.get(number, ())
            if span.text and means_the_same(span, there, self._site)
        ]
        if not found:
            raise _UnwritableError
        return min(found, key=lambda text: (len(text), text))

    def _is_all_there_is(self) -> bool:
        return stands_for(self._op, self._site, self._recording) and not is_taken_apart(self._site)


def _last_axes(expression: Expression) -> tuple[Expression, int]:
    """Return what axes of length 1 are appended to, and how many."""
    axes = 0
    while isinstance(expression, Call) and (expression.name, expression.settings) == _APPENDS:
        (expression,), axes = expression.arguments, axes + 1
    return expression, axes


_FEW_AXES = 2

_APPENDS = ("expand_dims", (("axis", -1),))


def _certain(text: str | None) -> str:
    if text is None:
        raise _UnwritableError
    return text


def _number(value: float) -> str:
    return str(np.float32(value)) if isinstance(value, float) else str(value)


def _keywords(settings: Settings) -> list[str]:
    return [
        value_text(value) if name == "dtype" else f"{name}={value_text(value)}" for name, value in settings
    ]
