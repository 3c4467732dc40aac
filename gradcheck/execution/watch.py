"""Watch the ops of a running program for samples that meet each other, and let it run as it would.

Ops that run are seen one by one. Of a function that is being traced the ops are seen as it is traced,
once, with the lengths that are known by then.
"""

from __future__ import annotations

import contextlib
import itertools
import sys
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any

import tensorflow as tf
from tensorflow.python.eager.polymorphic_function import tracing_compilation

from gradcheck.elementwise import ELEMENTWISE
from gradcheck.execution.asking import Place, asked_by, is_made_by_a_loss
from gradcheck.execution.hooks import op_hook
from gradcheck.growth import HAVE_ORIGIN, Known, Meeting, Memory, Origin, Partial, meant, meeting, origin


@dataclass(frozen=True, slots=True)
class Growth:
    """An op in which samples meet each other, and the place in the user's code that asked for it."""

    op_type: str
    shapes: tuple[Partial, ...]
    result: Partial
    how: Meeting
    place: Place


class Watch:
    """Tells of each op in which samples meet each other, and nobody asked for it by what the operands are.

    Parameters
    ----------
    tell
        Called with each of them; what it raises is raised by the op.
    """

    def __init__(self, tell: Callable[[Growth], None]) -> None:
        self.ops_seen = 0
        self._tell = tell
        self._memory = Memory()

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Watch every op that this thread runs inside, and every function that it traces."""
        still = [True]

        def see(kind: str | bytes, inputs: Any, attributes: Any, outputs: Any, *_: Any, **named: Any) -> None:
            if outputs and still:
                self.ops_seen += 1
                if named.get("graph") is None:
                    self._run(kind, inputs, attributes, outputs[0])
                elif kind in ELEMENTWISE:
                    self._traced(str(kind), inputs, outputs[0])

        try:
            with op_hook(see):
                yield
        finally:
            still.clear()  # also where it is left in another thread, whose hooks are others

    def _run(self, kind: str | bytes, inputs: Any, attributes: Any, made: Any) -> None:
        """Look at an op that has run. It runs once per op: keep it short."""
        elements = made._num_elements()
        if elements < 2:  # whatever it is, no sample met another
            return
        if kind in _ELEMENTWISE and len(inputs) > 1:
            if elements > 3:
                self._look(kind, inputs, made)
            left, right = inputs[0]._id, inputs[1]._id
            worth = left == right or left in self._memory or right in self._memory
        else:
            worth = bool(inputs) and inputs[0]._id in self._memory
        if worth or kind in _HAVE_ORIGIN:
            self._remember(kind, inputs, attributes, made)

    def _look(self, kind: str | bytes, inputs: Any, made: Any) -> None:
        result = made._shape_tuple()
        shapes = [each._shape_tuple() for each in inputs]
        if result in shapes:
            return
        operands = [Known(each._id, shape) for each, shape in zip(inputs, shapes, strict=True)]
        self._judge(_text(kind), operands, result, None, self._memory.get)

    def _remember(self, kind: str | bytes, inputs: Any, attributes: Any, made: Any) -> None:
        found = origin(
            _text(kind),
            [Known(each._id, each._shape_tuple()) for each in inputs],
            Known(made._id, made._shape_tuple()),
            "new_axis_mask" in attributes and attributes[attributes.index("new_axis_mask") + 1] != 0,
            self._memory.get,
        )
        if found is not None:
            self._memory.keep(made._id, _unless_by_a_loss(found, None))

    def _traced(self, kind: str, inputs: Any, made: Any) -> None:
        if any(each.shape.rank is None for each in (*inputs, made)):
            return
        operands = [_known(each) for each in inputs]
        if not any(map(_is_a_row_handed_in, inputs)):
            origins = _Origins(inputs, self._memory)
            self._judge(kind, operands, _partial(made), made.op, origins.get)

    def _judge(
        self,
        kind: str,
        operands: Sequence[Known],
        result: Partial,
        op: Any,
        origin_of: Callable[[Hashable], Origin | None],
    ) -> None:
        """Tell of operands that meet, unless it is known that they were to, or nobody's expression did it."""
        for one, other in itertools.combinations(operands, 2):
            how = meeting(one.shape, other.shape)
            if how is not None and not meant(one, other, origin_of):
                place = asked_by(op)
                if place is not None:
                    shapes = tuple(operand.shape for operand in operands)
                    self._tell(Growth(kind, shapes, result, how, place))
                return


class _Origins:
    """Where tensors of functions that are being traced come from."""

    def __init__(self, tensors: Any, memory: Memory) -> None:
        self._memory = memory
        self._tensors = {_key(tensor): tensor for tensor in tensors}
        self._found: dict[Hashable, Origin | None] = {}

    def get(self, key: Hashable) -> Origin | None:
        if key not in self._found:
            self._found[key] = None  # of a circle, nothing is known
            self._found[key] = self._of(self._tensors[key])
        return self._found[key]

    def _of(self, tensor: Any) -> Origin | None:
        outer = _captured(tensor)
        if outer is not None:
            return self._outside(outer)
        op = tensor.op
        if op.type == "Placeholder":
            origins = map(self._outside, _handed_in(tensor))
            return next((found for found in origins if found.kind == "axis"), None)
        if any(each.shape.rank is None for each in (*op.inputs, tensor)):
            return None
        self._tensors.update({_key(each): each for each in op.inputs})
        asked = op.type == "StridedSlice" and op.get_attr("new_axis_mask") != 0
        found = origin(op.type, [_known(each) for each in op.inputs], _known(tensor), asked, self.get)
        return None if found is None else _unless_by_a_loss(found, op)

    def _outside(self, outer: Any) -> Origin:
        """Return where a tensor comes from that is used in a function, and was made outside of it."""
        if not hasattr(outer, "op") or isinstance(outer, _EagerTensor):
            return self._memory.get(outer._id) or Origin("same", outer._id)
        self._tensors[_key(outer)] = outer
        return self.get(_key(outer)) or Origin("same", _key(outer))


def _unless_by_a_loss(found: Origin, op: Any) -> Origin:
    """Return `found`; an axis that a loss of Keras's gave to labels was not asked for by who wrote the loss."""
    return Origin("same", found.root) if found.kind == "axis" and is_made_by_a_loss(op) else found


_EagerTensor = type(tf.constant(0.0))


def _captured(tensor: Any) -> Any:
    """Return the tensor outside of the function that `tensor` stands for in it."""
    captures = getattr(tensor.graph, "captures", ()) if tensor.op.type == "Placeholder" else ()
    return next((outer for outer, inner in captures if inner is tensor), None)


def _handed_in(argument: Any) -> list[Any]:
    """Return the tensors, of those that the functions being traced are called with, that `argument` may be.

    Which of them it is TensorFlow does not tell while it traces: they are told apart by shape and dtype.
    """
    given: list[Any] = []
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code is tracing_compilation.trace_function.__code__:
            given += tf.nest.flatten((frame.f_locals["args"], frame.f_locals["kwargs"]))
        frame = frame.f_back
    shape, dtype = argument.shape, argument.dtype
    tensors = [each for each in given if tf.is_tensor(each)]
    return [each for each in tensors if each.dtype == dtype and shape.is_compatible_with(each.shape)]


def _is_a_row_handed_in(tensor: Any) -> bool:
    """Return whether a function got an argument of shape (1, n, ...): its caller gave it that axis."""
    handed_in = tensor.op.type == "Placeholder" and _captured(tensor) is None
    return handed_in and tensor.shape.rank > 1 and tensor.shape[0] == 1


def _key(tensor: Any) -> Hashable:
    return id(tensor.graph), tensor.op.name, tensor.value_index


def _known(tensor: Any) -> Known:
    return Known(_key(tensor), _partial(tensor))


def _partial(tensor: Any) -> Partial:
    return tuple(tensor.shape.as_list())


def _text(kind: str | bytes) -> str:
    return kind.decode() if isinstance(kind, bytes) else kind


def _as_both(names: Mapping[str, Any] | set[str]) -> frozenset[str | bytes]:
    """Return names of ops in both ways that TensorFlow's hook gives them."""
    return frozenset([*names, *(name.encode() for name in names)])


_ELEMENTWISE = _as_both(ELEMENTWISE)
_HAVE_ORIGIN = _as_both(HAVE_ORIGIN)
