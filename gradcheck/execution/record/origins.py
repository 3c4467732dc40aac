"""The origins of tensors in functions being traced, as far as they show the author's intention."""

from __future__ import annotations

import itertools
import sys
import weakref
from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from gradcheck.execution.record.caller import is_made_by_a_loss, outwards
from gradcheck.execution.tensorflow_internals import arguments_traced_with, captures_of, has_run, tensor_id
from gradcheck.program.accidental_broadcast import (
    Known,
    Memory,
    Origin,
    Partial,
    origin,
    puts_into_another_order,
    source,
)


class Origins:
    """The origins of traced tensors, followed back through the ops that made them.

    Each tensor is looked at once, however many ask for it: what is found is kept as long as its graph lives.
    A function may be a chain of thousands of ops, so nothing here recurses along it.

    Parameters
    ----------
    memory
        What is remembered of tensors outside of functions.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._by_graph: weakref.WeakKeyDictionary[Any, dict[Hashable, Origin | None]] = (
            weakref.WeakKeyDictionary()
        )
        self._captures: weakref.WeakKeyDictionary[Any, _Captures] = weakref.WeakKeyDictionary()

    def is_a_row_handed_in(self, tensor: Any) -> bool:
        """Return whether a function got an argument of shape (1, n, ...): its caller gave it that axis."""
        if tensor.op.type != "Placeholder" or tensor.shape.rank < 2 or tensor.shape[0] != 1:
            return False
        return self._captured(tensor) is None

    def of(self, tensor: Any) -> Origin | None:
        """Return what is known of where `tensor` comes from."""
        steps: list[tuple[Any, _OriginStep]] = []
        following = tensor
        while following is not None and following.name not in self._found(following):
            self._found(following)[following.name] = None  # of a circle, nothing is known
            steps.append((following, self._step(following)))
            following = steps[-1][1].before
        found = None if following is None else self._found(following)[following.name]
        for each, step in reversed(steps):
            found = self._found(each)[each.name] = step.origin(found)
        return found

    def _found(self, tensor: Any) -> dict[Hashable, Origin | None]:
        return self._by_graph.setdefault(tensor.graph, {})

    def _step(self, tensor: Any) -> _OriginStep:
        outer = self._captured(tensor)
        if outer is not None:
            return self._outside(outer)
        op = tensor.op
        if op.type == "Placeholder":
            return _nothing_before(self._handed_in(tensor))
        if any(each.shape.rank is None for each in (*op.inputs, tensor)):
            return _nothing_before(None)
        inputs, made = [known(each) for each in op.inputs], known(tensor)
        number = source(op.type, inputs, made)

        def found(before: Origin | None) -> Origin | None:
            its_own = origin(op.type, inputs, made, _asks(op), before)
            return None if its_own is None else unless_by_a_loss(its_own, op)

        return _OriginStep(None if number is None else op.inputs[number], found)

    def _captured(self, tensor: Any) -> Any:
        """Return the tensor outside the function that `tensor` represents in it."""
        if tensor.op.type != "Placeholder":
            return None
        captures = self._captures.get(tensor.graph)
        if captures is None:
            captures = self._captures[tensor.graph] = _Captures()
        return captures.outside(tensor)

    def _outside(self, outer: Any) -> _OriginStep:
        """Return where a tensor comes from that is used in a function, and was made outside of it."""
        if has_run(outer):
            return _nothing_before(self._memory.get(tensor_id(outer)) or Origin("same", tensor_id(outer)))
        return _OriginStep(outer, lambda before: before or Origin("same", key(outer)))

    def _handed_in(self, argument: Any) -> Origin | None:
        """Return the origin of a function's argument if one of those that it may be was given an axis."""
        for given in _given(argument):
            outside = self._outside(given)
            found = outside.origin(None if outside.before is None else self.of(outside.before))
            if found is not None and found.kind == "axis":
                return found
        return None


class _OriginStep(NamedTuple):
    """How the origin of a tensor follows from that of another one, `before` (None: it does not)."""

    before: Any
    origin: Callable[[Origin | None], Origin | None]


def _nothing_before(found: Origin | None) -> _OriginStep:
    return _OriginStep(None, lambda _: found)


def unless_by_a_loss(found: Origin, op: Any) -> Origin:
    """Return `found`; an axis that a Keras loss added to labels was not requested by the author of the loss."""
    return Origin("same", found.root) if found.kind == "axis" and is_made_by_a_loss(op) else found


def asks(op_type: str, attribute: Callable[[str], Any]) -> bool:
    """Return whether an op explicitly adds an axis of length 1, or reorders axes."""
    if op_type == "StridedSlice":
        return bool(attribute("new_axis_mask"))
    return op_type == "Einsum" and puts_into_another_order(tf.compat.as_str(attribute("equation")))


def _asks(op: Any) -> bool:
    return asks(op.type, op.get_attr)


class _Captures:
    """What a function being traced takes from outside, read as it grows: of a large model, thousands are taken.

    What is taken is kept by its key alone: it belongs to a function that keeps this one, and would stay for good.
    """

    def __init__(self) -> None:
        self._read = 0
        self._last: Any = None
        self._keys: dict[str, Any] = {}

    def outside(self, tensor: Any) -> Any:
        """Return what a tensor of the function stands for; None where it is an argument."""
        inside, outside = captures_of(tensor.graph)
        for key in self._unread(inside):
            self._keys[inside[key].name] = key
        key = self._keys.get(tensor.name)
        return None if key is None or key not in outside else outside[key]

    def _unread(self, inside: Any) -> list[Any]:
        """Return the keys of what is new behind the last one that was read; all of them where that one is gone."""
        read, self._read = self._read, len(inside)
        before, self._last = self._last, next(reversed(inside), None)
        latest = list(itertools.islice(reversed(inside), max(len(inside) - read, 0) + 1))
        if read and len(latest) > len(inside) - read >= 0 and latest[-1] == before:
            return latest[:-1]
        self._keys = {}
        return list(inside)


def _given(argument: Any) -> Sequence[Any]:
    """Return the tensors, of those that the functions being traced are called with, that `argument` may be.

    TensorFlow does not say which of them it is while tracing, so they are distinguished by shape and dtype.
    """
    given: list[Any] = []
    for frame in outwards(sys._getframe(1)):
        given += tf.nest.flatten(arguments_traced_with(frame) or ())
    shape, dtype = argument.shape, argument.dtype
    tensors = [each for each in given if tf.is_tensor(each)]
    return [each for each in tensors if each.dtype == dtype and shape.is_compatible_with(each.shape)]


def key(tensor: Any) -> Hashable:
    """Return what identifies a tensor of a function."""
    return id(tensor.graph), tensor.name


def known(tensor: Any) -> Known:
    """Return a tensor of a function as it is judged."""
    return Known(key(tensor), partial(tensor))


def partial(tensor: Any) -> Partial:
    """Return the shape of a tensor of a function, as far as it is known."""
    return tuple(tensor.shape.as_list())
