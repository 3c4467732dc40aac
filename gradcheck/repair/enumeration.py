"""What might be computed at a place instead: expressions by shape and type, the shortest first."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from gradcheck.program.ops import ALONG_AXIS, OPS, REDUCTIONS
from gradcheck.program.ops.op_type import OpType
from gradcheck.program.places import place_of
from gradcheck.program.queries import made_at, scalar_constant
from gradcheck.program.recording import NO_NUMBERS, Op, Recording
from gradcheck.repair.language import (
    OWN,
    At,
    ConflictError,
    Expression,
    Input,
    Number,
    Own,
    Settings,
    call,
    composed,
    length,
    times,
)
from gradcheck.repair.sightings import Sightings
from gradcheck.repair.usual import operands as operands_of
from gradcheck.repair.usual import told
from gradcheck.source import means_the_same

_COMPOSED_OF = 40
"""Of how many of the shortest expressions two are taken together."""

_NUMBERS = (0.0, 1.0)
_PLAIN = (0.5, 2.0)

UNARY = [op.function for op in OPS.values() if op.kind in ("unary", "normalisation")]
_ALIKE = ("unary", "normalisation", "arithmetic", "reduction", "cumulative", "ranking")
_BETWEEN = ("multiply", "add", "subtract", "divide")


class Enumeration:
    """Expressions for the ops of one recording.

    Parameters
    ----------
    recording
        The candidate's.
    constants
        Numbers that occur in either program.

    Notes
    -----
    No expression holds a number that is not 0, ±1, 2, ½ or one of the constants.
    """

    def __init__(self, recording: Recording, constants: Sequence[float]) -> None:
        self._recording, self._constants = recording, constants
        self._sightings = Sightings(recording)
        self._scopes: dict[Op, list[tuple[int, At]]] = {}

    def singles(self, op: Op) -> list[Expression]:
        """Return what might be computed in place of an op by one change, the shortest first."""
        return _by_length(self._singles(op))

    def pairs(self, op: Op) -> list[Expression]:
        """Return two changes of an op together, and functions of one change, the shortest first."""
        return _by_length(self._pairs(op, self.singles(op)[:_COMPOSED_OF]))

    def _singles(self, op: Op) -> Iterator[Expression]:
        operands = operands_of(op)
        yield from self._own(op, operands)
        yield from (Input(number) for number in operands)
        yield from self._changed(OWN, op.outputs[0])
        yield from self._others(op, op.outputs[0], OWN)
        for number in operands:
            shape = self._shape(op.inputs[number])
            yield from (Own(((number, one),)) for one in self._instead(op.inputs[number], Input(number)))
            for one in self._others(op, op.inputs[number], Input(number)):
                yield Own(((number, one),))
            if len(operands) > 1 and shape == self._shape(op.outputs[0]):
                functions = self._functions(op.inputs[number])
                yield from (call(name, Input(number)) for name in ("negative", *functions))

    def _instead(self, number: int, own: Expression) -> Iterator[Expression]:
        """Yield what may be read instead of an operand: of a number that is written there, other numbers."""
        whole = not self._recording.tensors[number].floating
        if whole or scalar_constant(number, self._recording) is None:
            yield from self._changed(own, number)
        else:
            yield from map(Number, (*_NUMBERS, *self._constants))
            yield from (times(one, own) for one in (-1, *_PLAIN))

    def _changed(self, own: Expression, number: int) -> Iterator[Expression]:
        """Yield what may be made of a quantity."""
        yield from _changed(own, self._shape(number), self._constants)
        yield from (call(name, own) for name in self._functions(number))

    def _functions(self, number: int) -> Sequence[str]:
        """Return the functions of a quantity; none of a whole number, whose square may be a length by chance."""
        info = self._recording.tensors[number]
        return UNARY if info.floating and not (info.size == 1 and self._is_whole(number)) else ()

    def _is_whole(self, number: int) -> bool:
        """Return whether a tensor holds whole numbers that no variable moves, as a length that is cast."""
        fixed = number not in self._recording.trainable
        return fixed and bool(np.equal(np.mod(self._recording.array(number), 1), 0).all())

    def _own(self, op: Op, operands: Sequence[int]) -> Iterator[Expression]:
        """Yield the op with its operands swapped, of another kind, and told other things."""
        known = OPS.get(op.type)
        for one, other in itertools.combinations(operands, 2):
            yield Own(((one, Input(other)), (other, Input(one))))
        if known is None or not known.functions:
            return
        kinds = ["", *(kind.name for kind in _alike(known))]
        told = [(), *self._told(op, known)]
        yield from (Own(settings=settings, kind=kind) for kind in kinds for settings in told)

    def _told(self, op: Op, known: OpType) -> Iterator[Settings]:
        """Yield other arguments of an op."""
        flags = [one for one in known.arguments if isinstance(one.where, str) and _is_flag(op, one.where)]
        for one in flags:
            yield ((one.name, not op.attributes[str(one.where)]),)
        if known.name in {*REDUCTIONS, *ALONG_AXIS, "GatherV2"}:
            yield from told(op, self._recording)
        elif any(one.name == "axis" for one in known.arguments):
            yield from ((("axis", axis),) for axis in range(len(self._shape(op.inputs[0]))))

    def _others(self, op: Op, number: int, own: Expression) -> Iterator[Expression]:
        """Yield other quantities of the same shape and kind that have a name at an op, and combined with it."""
        info = self._recording.tensors[number]
        for other, at in self._in_scope(op):
            there = self._recording.tensors[other]
            alike = there.floating if info.floating else there.dtype == info.dtype
            if not alike or info.dtype in NO_NUMBERS or other == number:
                continue
            if there.shape == info.shape and not self._is_same(number, other):
                yield at
            if info.floating and info.size == 1 < there.size:  # a count, say, of what a mask keeps
                yield from (call(name, at) for name in ("reduce_sum", "reduce_mean"))
            if info.floating and _fits(there.shape, info.shape):
                yield from (call(name, own, at) for name in _BETWEEN)

    def _in_scope(self, op: Op) -> list[tuple[int, At]]:
        """Return the quantities that are written somewhere, where that means the same at an op."""
        if op not in self._scopes:
            named = (
                number
                for number, spans in self._sightings.spans.items()
                if op.site is not None
                and any(span.text and means_the_same(span, there, op.site) for span, there in spans)
            )
            addresses = ((number, self._address(number, op)) for number in named)
            self._scopes[op] = [(number, at) for number, at in addresses if at is not None]
        return self._scopes[op]

    def _address(self, number: int, op: Op) -> At | None:
        """Return by what a quantity is told in every recording; None where it is made later, or is one of many."""
        maker = self._recording.producer(number)
        if maker is not None and maker.index >= op.index:
            return None
        readers = self._recording.consumers.get(number, ())
        addresses = [] if maker is None else [At(place_of(maker))]
        for one in readers:
            addresses += [At(place_of(one), slot) for slot, read in enumerate(one.inputs) if read == number]
        return next((at for at in addresses if self._is_certain(at, number, op)), None)

    def _is_certain(self, at: At, number: int, op: Op) -> bool:
        ops, own = (made_at(place, self._recording) for place in (at.place, place_of(op)))
        if len(ops) not in (1, len(own)):
            return False
        one = ops[0 if len(ops) == 1 else own.index(op)]
        return (one.outputs[0] if at.input is None else one.inputs[at.input]) == number

    def _pairs(self, op: Op, singles: Sequence[Expression]) -> Iterator[Expression]:
        for one in singles:
            yield call("negative", one)
            yield from (call(name, one) for name in self._functions(op.outputs[0]))
            yield from (times(number, one) for number in _PLAIN)
        for one, other in itertools.combinations(singles, 2):
            if isinstance(one, Own) and isinstance(other, Own):
                try:
                    yield composed([one, other])
                except ConflictError:
                    continue

    def _is_same(self, one: int, other: int) -> bool:
        return bool(np.array_equal(self._recording.array(one), self._recording.array(other)))

    def _shape(self, number: int) -> tuple[int, ...]:
        return self._recording.tensors[number].shape


def constants_of(*recordings: Recording) -> list[float]:
    """Return the numbers that are written down in some programs."""
    found = {
        abs(value)
        for recording in recordings
        for op in recording.ops
        if op.index in recording.contributing
        for tensor in op.inputs
        if recording.tensors[tensor].floating
        and (value := scalar_constant(tensor, recording)) is not None
        and np.isfinite(value)
        and value not in (0, 1, -1, 2, 0.5)
    }
    return sorted(found)[:_MOST_CONSTANTS]


_MOST_CONSTANTS = 12


def _changed(own: Expression, shape: tuple[int, ...], constants: Sequence[float]) -> Iterator[Expression]:
    """Yield what may be made of any quantity: its sums and means, it in other shapes and times numbers."""
    yield call("negative", own)
    yield call("zeros_like", own)
    yield call("subtract", 1, own)
    yield from (times(number, own) for number in (*_PLAIN, *constants))
    yield from (call("divide", own, number) for number in constants)
    yield from (call(name, own, 1) for name in ("add", "subtract"))
    for axis in range(len(shape)):
        for name in ("reduce_sum", "reduce_mean"):
            yield from (call(name, own, **one) for one in ({"axis": axis}, {"axis": axis, "keepdims": True}))
        yield call("reverse", own, axis=(axis,))
        if shape[axis] == 1:
            yield call("squeeze", own, axis=axis)
    yield from (call("expand_dims", own, axis=axis) for axis in range(min(len(shape), 2) + 1))
    if len(shape) == 2:
        yield call("transpose", own)


def _alike(known: OpType) -> Iterator[OpType]:
    """Yield the types of ops that take what one takes."""
    wheres = [one.where for one in known.arguments if isinstance(one.where, int)]
    for one in OPS.values():
        same = [other.where for other in one.arguments if isinstance(other.where, int)] == wheres
        another = (one.operator or one.functions[:1]) != (known.operator or known.functions[:1])
        if known.kind in _ALIKE and one.kind == known.kind and one.functions and same and another:
            yield one


def _is_flag(op: Op, attribute: str) -> bool:
    return isinstance(op.attributes.get(attribute), bool)


def _fits(shape: tuple[int, ...], own: tuple[int, ...]) -> bool:
    """Return whether an operand of some shape leaves the shape of the other one as it is."""
    try:
        return tuple(np.broadcast_shapes(shape, own)) == own
    except ValueError:
        return False


def _by_length(expressions: Iterable[Expression]) -> list[Expression]:
    return sorted(dict.fromkeys(expressions), key=length)
