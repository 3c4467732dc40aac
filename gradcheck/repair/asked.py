"""The expression that asked for an op, with the op changed: other operands, another function, other arguments."""

from __future__ import annotations

from gradcheck.program.ops import OPS, REDUCE_INSIDE, REDUCTIONS
from gradcheck.program.ops.op_type import OpType
from gradcheck.program.queries import reduced_axes
from gradcheck.program.recording import Op, Recording
from gradcheck.repair.language import Call, Expression, Input, Number, Own, Settings, Value
from gradcheck.source import Site, is_expression, span_of
from gradcheck.source.syntax import Written, number_in


class Asked:
    """An expression of the user's, and the op that it asked for.

    Parameters
    ----------
    op, site
        The op, and where it was asked for.
    recording
        Of which it is.

    Notes
    -----
    What returns a text returns None where it would be a guess.
    """

    def __init__(self, op: Op, site: Site, recording: Recording) -> None:
        self.op, self.site, self.recording = op, site, recording
        self.known = OPS.get(op.type)
        self.written = Written(span_of(site).text)

    def with_inputs(self, written: Written, inputs: dict[int, str]) -> str | None:
        """Return the expression with operands replaced, by the number of the input that each is."""
        listed = self.listed(written)
        if listed is not None:
            new = listed.with_operands(inputs)
            return None if new is None else written.with_operands({0: new})
        fits = max(inputs) < len(written.operands) <= len(self.op.inputs) and self.are_inputs(written)
        return written.with_operands(inputs) if fits else None

    def listed(self, written: Written) -> Written | None:
        """Return the list in which a function is given its operands; None where it is given none."""
        if self.known is None or not self.known.listed or not self.is_called(written):
            return None
        return Written(written.operands[0]) if written.operands else None

    def are_inputs(self, written: Written) -> bool:
        """Return whether the operands of an expression are the first inputs of the op."""
        if written.function:
            return self.is_called(written) and not (self.known is not None and self.known.listed)
        sliced = self.op.type == "StridedSlice" and not written.operator
        return sliced or len(written.operands) == len(self.op.inputs)

    def of_kind(self, written: Written, new: OpType) -> str | None:
        """Return the expression with an op of another type asked for."""
        own = self.known
        if own is None or not written.function:
            return self._by_operator(written, new)
        if self.is_called(written):
            return self._called_otherwise(written, own, new)
        return self._called_by_another_name(written, new)

    def _by_operator(self, written: Written, new: OpType) -> str | None:
        own = self.known
        if own is None or written.operator != own.operator or len(self.op.inputs) != len(written.operands):
            return None
        if new.operator:
            return written.with_operator(new.operator)
        call = f"tf.{new.function}({', '.join(written.operands)})"
        return call if is_expression(self.site) else None

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
        types = {other.type for other in self.recording.at_site[self.site]}
        if not written.function or types != {self.op.type}:
            return None
        operands = 1 if self.op.type in REDUCTIONS else len(self.op.inputs)
        if len(written.operands) != operands or set(written.keywords) != self._keywords():
            return None
        return written.with_function(f"tf.{new.function}")

    def _keywords(self) -> set[str]:
        """Return the keyword arguments with which TensorFlow's function makes the op."""
        if self.op.type not in REDUCTIONS:
            return set()
        rank = len(self.recording.tensors[self.op.inputs[0]].shape)
        over_all = reduced_axes(self.op, self.recording) == tuple(range(rank))
        return {
            *([] if over_all else ["axis"]),
            *(["keepdims"] if self.op.attributes.get("keep_dims") else []),
        }

    def told(self, written: Written, kind: OpType, settings: Settings) -> str | None:
        """Return the call of a function with some of its arguments set."""
        if written.name in REDUCE_INSIDE and kind.name in REDUCTIONS:
            return _told_inside(written, dict(settings))
        if not (self.is_called(written) or written.name in kind.functions):
            return None
        new = dict(settings)
        if "batch_dims" in new and new.get("axis") == new["batch_dims"] and "axis" not in written.keywords:
            del new["axis"]  # what it is when nothing is said
        if kind.along_axis and isinstance(new.get("axis"), int):
            new["axis"] = self._axis_as_written(int(new["axis"]))  # type: ignore[arg-type]
        positions = {one.name: one.place for one in kind.arguments}
        return written.with_keywords({name: value_text(value) for name, value in new.items()}, positions)

    def _axis_as_written(self, axis: int) -> int:
        """Return an axis as the call has it, within which TensorFlow may move that of a softmax to the end."""
        return axes_as_written(self.op, self.recording)[1][axis]

    def moved(self, own: Own) -> str | None:
        """Return ``x[a:b]`` with bounds moved."""
        moves = [movement(dict(own.inputs).get(number)) for number in (1, 2)]
        axes = {axis for move in moves for axis, by in enumerate(move) if by}
        if len(axes) != 1 or own.kind or dict(own.inputs).keys() - {1, 2}:
            return None
        (axis,) = axes
        bounds = self.written.bounds(axis)
        if bounds is None or self.op.attributes.get("shrink_axis_mask"):
            return None
        by = [move[axis] if axis < len(move) else 0 for move in moves]
        new = [moved(bound, step, end) for bound, step, end in zip(bounds, by, (0, -1), strict=True)]
        return None if None in new else self.written.with_slice(axis, *new)

    def is_called(self, written: Written) -> bool:
        """Return whether the function that is called is the op itself, and not one that uses it inside."""
        names = self.known.functions if self.known is not None else ()
        return bool(written.function) and written.name in {*names, self.op.type.lower()}


def _told_inside(written: Written, settings: dict[str, Value]) -> str | None:
    """Return the call of a function that reduces inside over other axes."""
    name, place = REDUCE_INSIDE[written.name]
    if set(settings) != {"axis"}:
        return None
    axis = settings["axis"]
    axes = (axis,) if name == "axes" and isinstance(axis, int) else axis
    return written.with_keywords({name: value_text(axes)}, {name: place})


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


def movement(expression: Expression | None) -> tuple[int, ...]:
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


def value_text(value: Value) -> str:
    """Return how the value of an argument is written."""
    if isinstance(value, str):
        return f"tf.{value}"
    return str(list(value)) if isinstance(value, tuple) else str(value)
