"""Watch the ops of a running program for accidental broadcasts of samples, without affecting it.

Ops that run are seen one by one. Of a function that is being traced the ops are seen as it is traced,
once, with the lengths that are known by then.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gradcheck.arrays import Tensor
from gradcheck.errors import BroadcastError, BroadcastWarning
from gradcheck.execution.record.caller import Caller, asked_by
from gradcheck.execution.record.op_hook import op_hook
from gradcheck.execution.record.origins import (
    Origins,
    asks,
    key,
    known,
    partial,
    unless_by_a_loss,
)
from gradcheck.execution.tensorflow_internals import converted, count_of_elements, known_shape, tensor_id
from gradcheck.program.accidental_broadcast import (
    HAVE_ORIGIN,
    Known,
    Likeness,
    Memory,
    Origin,
    Partial,
    likeness,
    meant,
    origin,
    source,
)
from gradcheck.program.ops import ELEMENTWISE

Look = Callable[[str, Any, Any, bool], None]
"""Called with the type of an op, its inputs, its first output or all of them, and whether it has run."""


@dataclass(frozen=True, slots=True)
class AccidentalBroadcast:
    """An op that broadcasts samples against each other, and the location in user code that called it."""

    op_type: str
    shapes: tuple[Partial, ...]
    result: Partial
    how: Likeness
    place: Caller


class BroadcastWatch:
    """Reports each op that broadcasts samples against each other when the operands do not show an intention.

    Parameters
    ----------
    tell
        Called with each of them; a `BroadcastError` or `BroadcastWarning` that it raises is raised by the op.
    failed
        Called with any other error: it is a mistake of ours, and not for the program to end with.
    others
        By type of op, what else is to look at those that run, and those of functions as they are traced: called
        with the first output.
    every
        What is to look at all ops: called with all outputs.
    """

    def __init__(
        self,
        tell: Callable[[AccidentalBroadcast], None],
        failed: Callable[[Exception], None],
        others: Mapping[str, Look] | None = None,
        every: Look | None = None,
    ) -> None:
        self.ops_seen = 0
        self._every = every
        self._tell = tell
        self._failed = failed
        self._others: dict[str | bytes, Look] = {}
        for kind, look in (others or {}).items():
            self._others |= {kind: look, kind.encode(): look}
        self._memory = Memory()
        self._origins = Origins(self._memory)

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Watch every op that this thread runs inside, and every function that it traces."""
        still, held = [True], converted()

        def see(kind: str | bytes, inputs: Any, attributes: Any, outputs: Any, *_: Any, **named: Any) -> None:
            if not outputs or not still:
                return
            self.ops_seen += 1
            try:
                if self._every is not None:
                    self._every(_text(kind), inputs, outputs, named.get("graph") is None)
                if kind in self._others:
                    self._others[kind](_text(kind), inputs, outputs[0], named.get("graph") is None)
                if named.get("graph") is None:
                    self._run(kind, inputs, attributes, outputs[0])
                elif kind in ELEMENTWISE:
                    self._traced(str(kind), inputs, outputs[0])
            except (BroadcastError, BroadcastWarning):
                raise
            except Exception as error:  # a bug of ours must not stop the training
                self._failed(error)

        try:
            with op_hook(see, pauses=True):
                yield
        finally:
            still.clear()  # also where it is left in another thread, whose hooks are others
            held.clear()

    def _run(self, kind: str | bytes, inputs: Sequence[Tensor], attributes: Any, made: Tensor) -> None:
        """Look at an op that has run. It runs once per op: keep it short."""
        elements = count_of_elements(made)
        if elements < 2:  # no two samples are combined
            return
        if kind in _ELEMENTWISE and len(inputs) > 1:
            if elements > 3:
                self._look(kind, inputs, made)
            left, right = tensor_id(inputs[0]), tensor_id(inputs[1])
            worth = left == right or left in self._memory or right in self._memory
        else:
            worth = bool(inputs) and tensor_id(inputs[0]) in self._memory
        if worth or kind in _HAVE_ORIGIN:
            self._remember(kind, inputs, attributes, made)

    def _look(self, kind: str | bytes, inputs: Sequence[Tensor], made: Tensor) -> None:
        result = known_shape(made)
        shapes = [known_shape(each) for each in inputs]
        if result in shapes:
            return
        operands = [Known(tensor_id(each), shape) for each, shape in zip(inputs, shapes, strict=True)]
        self._judge(_text(kind), operands, result, self._memory.get)

    def _remember(self, kind: str | bytes, inputs: Sequence[Tensor], attributes: Any, made: Tensor) -> None:
        op_type = _text(kind)
        operands = [Known(tensor_id(each), known_shape(each)) for each in inputs]
        result = Known(tensor_id(made), known_shape(made))
        number = source(op_type, operands, result)
        before = None if number is None else self._memory.get(operands[number].number)
        asked = asks(
            op_type, lambda name: attributes[attributes.index(name) + 1] if name in attributes else None
        )
        found = origin(op_type, operands, result, asked, before)
        if found is not None:
            self._memory.keep(tensor_id(made), unless_by_a_loss(found, None))

    def _traced(self, kind: str, inputs: Any, made: Any) -> None:
        if any(each.shape.rank is None for each in (*inputs, made)):
            return
        if not any(map(self._origins.is_a_row_handed_in, inputs)):
            by_key = {key(each): each for each in inputs}
            operands = [known(each) for each in inputs]
            self._judge(kind, operands, partial(made), lambda number: self._origins.of(by_key[number]))

    def _judge(
        self,
        kind: str,
        operands: Sequence[Known],
        result: Partial,
        origin_of: Callable[[Hashable], Origin | None],
    ) -> None:
        """Report broadcast operands, unless that is known to be intended, or no user expression did it."""
        for one, other in itertools.combinations(operands, 2):
            how = likeness(one.shape, other.shape)
            if how is not None and not meant(one, other, origin_of):
                place = asked_by()
                if place is not None:
                    shapes = tuple(operand.shape for operand in operands)
                    self._tell(AccidentalBroadcast(kind, shapes, result, how, place))
                return


def _text(kind: str | bytes) -> str:
    return kind.decode() if isinstance(kind, bytes) else kind


def _as_pair(names: Collection[str]) -> frozenset[str | bytes]:
    """Return names of ops in both ways that TensorFlow's hook gives them."""
    return frozenset([*names, *(name.encode() for name in names)])


_ELEMENTWISE = _as_pair(ELEMENTWISE)
_HAVE_ORIGIN = _as_pair(HAVE_ORIGIN)
