"""Edits written into the user's own expression; None wherever that would be a guess.

What is returned may be put in place of the expression's span in the source, and then does what the edit
did in the replay.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gradcheck.program.ops import FUNCTIONS_WITH_OPERATOR, INSIDE, OPS, REDUCE_INSIDE, REDUCTIONS
from gradcheck.program.ops.op_type import OpType
from gradcheck.program.queries import made_at, reduced_axes, scalar_constant, stands_for
from gradcheck.program.recording import Op, Recording
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
    Value,
    composed,
)
from gradcheck.repair.sightings import Sightings
from gradcheck.source import Site, is_expression, is_taken_apart, means_the_same, span_of, stands_alone
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
        self._known = OPS.get(op.type)
        self._written = Written(span_of(site).text)

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
            return f"{bracketed(self._text(inner))}[..., {', '.join(['None'] * axes)}]"
        given = [self._text(one) for one in made.arguments]
        operator = FUNCTIONS_WITH_OPERATOR.get(made.name)
        if operator is None or made.settings:
            return f"tf.{made.name}({', '.join([*given, *_keywords(made.settings)])})"
        if len(given) == 1:
            return f"{operator}{bracketed(given[0])}"
        return f" {operator} ".join(map(bracketed, given))

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
            return _certain(self._moved(own))
        inputs = {number: self._text(one) for number, one in own.inputs}
        if inputs and self._is_all_numbers(own):
            raise _UnwritableError  # Python would compute it
        if inputs:
            written = Written(_certain(self._with_inputs(written, inputs)))
        if own.kind:
            written = Written(_certain(self._of_kind(written, OPS[own.kind])))
        if own.settings:
            written = Written(_certain(self._told(written, OPS[own.kind or self._op.type], own.settings)))
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

    def _with_inputs(self, written: Written, inputs: dict[int, str]) -> str | None:
        listed = self._listed(written)
        if listed is not None:
            new = listed.with_operands(inputs)
            return None if new is None else written.with_operands({0: new})
        fits = max(inputs) < len(written.operands) <= len(self._op.inputs) and self._are_inputs(written)
        return written.with_operands(inputs) if fits else None

    def _listed(self, written: Written) -> Written | None:
        """Return the list in which a function is given its operands; None where it is given none."""
        if self._known is None or not self._known.listed or not self._is_called(written):
            return None
        return Written(written.operands[0]) if written.operands else None

    def _are_inputs(self, written: Written) -> bool:
        """Return whether the operands of an expression are the first inputs of the op."""
        if written.function:
            return self._is_called(written) and not (self._known is not None and self._known.listed)
        sliced = self._op.type == "StridedSlice" and not written.operator
        return sliced or len(written.operands) == len(self._op.inputs)

    def _of_kind(self, written: Written, new: OpType) -> str | None:
        own = self._known
        if own is None or not written.function:
            return self._by_operator(written, new)
        if self._is_called(written):
            return self._called_otherwise(written, own, new)
        return self._called_by_another_name(written, new)

    def _by_operator(self, written: Written, new: OpType) -> str | None:
        own = self._known
        if own is None or written.operator != own.operator or len(self._op.inputs) != len(written.operands):
            return None
        if new.operator:
            return written.with_operator(new.operator)
        call = f"tf.{new.function}({', '.join(written.operands)})"
        return call if is_expression(self._site) else None

    def _called_otherwise(self, written: Written, own: OpType, new: OpType) -> str | None:
        before, dot, _ = written.function.rpartition(".")
        allowed = {one.name for one in new.arguments}
        operands = len(written.operands) - sum(one.place < len(written.operands) for one in own.arguments)
        if not dot or set(written.keywords) - allowed or len(written.operands) > operands + len(allowed):
            return None
        beside = new.name in (own.opposite, own.sum_or_mean)  # where the one is, there is the other
        return written.with_function(f"{before}.{new.functions[0]}" if beside else f"tf.{new.function}")

    def _called_by_another_name(self, written: Written, new: OpType) -> str | None:
        """Return the call with `new` in place of a name of the user's own that does what the op does alone.

        An axis that the name brings with it, as a layer does, would be lost.
        """
        types = {other.type for other in self._recording.at_site[self._site]}
        if not written.function or types != {self._op.type}:
            return None
        operands = 1 if self._op.type in REDUCTIONS else len(self._op.inputs)
        if len(written.operands) != operands or set(written.keywords) != self._keywords():
            return None
        return written.with_function(f"tf.{new.function}")

    def _keywords(self) -> set[str]:
        """Return the keyword arguments with which TensorFlow's function makes the op."""
        if self._op.type not in REDUCTIONS:
            return set()
        rank = len(self._recording.tensors[self._op.inputs[0]].shape)
        over_all = reduced_axes(self._op, self._recording) == tuple(range(rank))
        return {
            *([] if over_all else ["axis"]),
            *(["keepdims"] if self._op.attributes.get("keep_dims") else []),
        }

    def _told(self, written: Written, kind: OpType, settings: Settings) -> str | None:
        if written.name in REDUCE_INSIDE and kind.name in REDUCTIONS:
            return _told_inside(written, dict(settings))
        if not (self._is_called(written) or written.name in kind.functions):
            return None
        new = dict(settings)
        if "batch_dims" in new and new.get("axis") == new["batch_dims"] and "axis" not in written.keywords:
            del new["axis"]  # what it is when nothing is said
        if kind.along_axis and isinstance(new.get("axis"), int):
            new["axis"] = self._axis_as_written(int(new["axis"]))  # type: ignore[arg-type]
        positions = {one.name: one.place for one in kind.arguments}
        return written.with_keywords({name: _value(value) for name, value in new.items()}, positions)

    def _axis_as_written(self, axis: int) -> int:
        """Return an axis as the call has it, within which TensorFlow may move that of a softmax to the end."""
        return axes_as_written(self._op, self._recording)[1][axis]

    def _moved(self, own: Own) -> str | None:
        """Return ``x[a:b]`` with bounds moved."""
        moves = [_movement(dict(own.inputs).get(number)) for number in (1, 2)]
        axes = {axis for move in moves for axis, by in enumerate(move) if by}
        if len(axes) != 1 or own.kind or dict(own.inputs).keys() - {1, 2}:
            return None
        (axis,) = axes
        bounds = self._written.bounds(axis)
        if bounds is None or self._op.attributes.get("shrink_axis_mask"):
            return None
        by = [move[axis] if axis < len(move) else 0 for move in moves]
        new = [moved(bound, step, end) for bound, step, end in zip(bounds, by, (0, -1), strict=True)]
        return None if None in new else self._written.with_slice(axis, *new)

    def _alone(self, number: int) -> str:
        """Return one operand of the expression, without what is made of it."""
        written = self._written
        if not is_expression(self._site):
            raise _UnwritableError
        operands = written.operands
        if written.function:
            if not self._is_called(written) or number >= len(operands) or is_display(operands[number]):
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
        listed = self._listed(self._written)
        if listed is not None and number < len(listed.operands):
            return listed.operands[number]
        if self._are_inputs(self._written) and number < len(operands):
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

    def _is_called(self, written: Written) -> bool:
        """Return whether the function that is called is the op itself, and not one that uses it inside."""
        names = self._known.functions if self._known is not None else ()
        return bool(written.function) and written.name in {*names, self._op.type.lower()}

    def _is_all_there_is(self) -> bool:
        return stands_for(self._op, self._site, self._recording) and not is_taken_apart(self._site)


def _told_inside(written: Written, settings: dict[str, Value]) -> str | None:
    """Return the call of a function that reduces inside over other axes."""
    name, place = REDUCE_INSIDE[written.name]
    if set(settings) != {"axis"}:
        return None
    axis = settings["axis"]
    axes = (axis,) if name == "axes" and isinstance(axis, int) else axis
    return written.with_keywords({name: _value(axes)}, {name: place})


def _last_axes(expression: Expression) -> tuple[Expression, int]:
    """Return what axes of length 1 are appended to, and how many."""
    axes = 0
    while isinstance(expression, Call) and (expression.name, expression.settings) == _APPENDS:
        (expression,), axes = expression.arguments, axes + 1
    return expression, axes


_APPENDS = ("expand_dims", (("axis", -1),))


def _certain(text: str | None) -> str:
    if text is None:
        raise _UnwritableError
    return text


def _number(value: float) -> str:
    return str(np.float32(value)) if isinstance(value, float) else str(value)


def _keywords(settings: Settings) -> list[str]:
    return [_value(value) if name == "dtype" else f"{name}={_value(value)}" for name, value in settings]


def _value(value: Value) -> str:
    if isinstance(value, str):
        return f"tf.{value}"
    return str(list(value)) if isinstance(value, tuple) else str(value)


def axes_as_written(op: Op, recording: Recording) -> tuple[tuple[int, ...], list[int]]:
    """Return the shape of what was given to the user's call, and for each axis of the op which it is there.

    TensorFlow moves the axis of a softmax to the end first, by a transpose within the same call.
    """
    shape = recording.tensors[op.inputs[0]].shape
    maker = recording.producer(op.inputs[0])
    if maker is None or maker.type != "Transpose" or maker.site != op.site:
        return shape, list(range(len(shape)))
    axes = [int(axis) for axis in recording.array(maker.inputs[1])]
    return recording.tensors[maker.inputs[0]].shape, axes


def _movement(expression: Expression | None) -> tuple[int, ...]:
    """Return by how much bounds are moved along each axis."""
    match expression:
        case Call(name="add", arguments=(Input(), Number(value=tuple() as by))):
            return by
    return ()


def moved(bound: str, by: int, outermost: int) -> str | None:
    """Return a bound moved by `by`; "" for none, which stands beyond the `outermost` one can write."""
    if by == 0:
        return bound
    if not bound:
        return None if (by < 0) == (outermost == 0) else str(outermost + by if outermost == 0 else by)
    value = number_in(bound)
    if value is None or not value.is_integer():
        return None
    if (value < 0) != (value + by < 0):
        return "" if value == -1 and outermost == -1 else None
    return "" if value + by == 0 and outermost == 0 else str(int(value) + by)
