"""Assignments of a thread to variables, detected before they happen, so that they can be undone.

TensorFlow's own hook is called after an op, when the old value is gone.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import tensorflow as tf

from gradcheck.execution.run.runners import looking
from gradcheck.execution.tensorflow_internals import (
    READ_ONLY_OPS,
    dtype_behind,
    function_definition,
    handle_of,
    inputs_only_read,
    op_definition,
    run_where,
    tensor_id,
)
from gradcheck.program.ops import LEAVE_VARIABLES


class Assignments:
    """The variables that were assigned to, each with the value that it had before.

    Keeping a value costs no copy: TensorFlow copies a buffer when it is assigned to while somebody else
    holds it.
    """

    def __init__(self) -> None:
        self._before: dict[int, tuple[Any, Any]] = {}

    @contextlib.contextmanager
    def noting(self) -> Iterator[None]:
        """Note what this thread assigns inside. What other threads assign is their own."""
        with looking(self._look, past=_harmless):
            yield

    def _look(self, name: Any, operands: Sequence[Any]) -> None:
        """Note what an op may assign to."""
        written = _written(tf.compat.as_str(name))
        if written is not None and not written:
            _harmless.add(name)
            return
        for handle in list(_handles(operands, written)):
            self.note(handle)

    def note(self, handle: Any) -> None:
        """Keep the value of the variable behind `handle`, unless it is kept already or there is none yet."""
        number = tensor_id(handle)
        if number not in self._before:
            value = _value(handle)
            if value is not None:
                self._before[number] = handle, value

    def noted(self) -> list[tuple[Any, Any]]:
        """Return the handles of what was assigned to, each with the value that its variable had before."""
        return list(self._before.values())

    def undo(self) -> None:
        """Assign all values back and forget them; the latest first, since one variable may have two handles."""
        before, self._before = self._before, {}
        for handle, value in reversed(before.values()):
            _run("AssignVariableOp", handle, value, dtype=value.dtype)


@contextlib.contextmanager
def told_apart(variables: Iterable[Any]) -> Iterator[tuple[list[tuple[Any, Any]], list[tuple[Any, Any]]]]:
    """Note what is assigned inside to other variables than these: on leaving, their values before, and after."""
    assignments, before, after = Assignments(), list[tuple[Any, Any]](), list[tuple[Any, Any]]()
    try:
        with assignments.noting():
            yield before, after
    finally:
        own = {tensor_id(handle_of(one)) for one in variables}
        before += [one for one in assignments.noted() if tensor_id(one[0]) not in own]
        after += [(handle, _value(handle)) for handle, _ in before]


_harmless: set[Any] = set()
"""The names of ops and functions that assign to nothing, as far as they are known: most ops are not looked at."""


@functools.cache
def _written(name: str) -> frozenset[int] | None:
    """Return which operands an op may assign to: None for any handle, by place for a function."""
    known = op_definition(name)
    if known is None:
        return _written_by_function(name)
    takes_handle = any(argument.type == tf.resource.as_datatype_enum for argument in known.input_arg)
    calls = any(attribute.type in ("func", "list(func)") for attribute in known.attr)
    return None if (takes_handle and not _only_reads(name)) or calls else frozenset()


def _only_reads(kind: str) -> bool:
    return kind in LEAVE_VARIABLES or kind in READ_ONLY_OPS


def _written_by_function(name: str) -> frozenset[int]:
    """Return the places of the arguments that some node of a function's body may assign to."""
    function = function_definition(name)
    if function is None:
        return frozenset()
    places = {
        argument.name: place
        for place, argument in enumerate(function.signature.input_arg)
        if argument.type == tf.resource.as_datatype_enum
    }
    return frozenset(
        places[source]
        for node in function.node_def
        if not _only_reads(node.op)
        for place, source in enumerate(node.input)
        if source in places and place not in inputs_only_read(node)
    )


def _handles(operands: Iterable[Any], places: frozenset[int] | None) -> Iterator[Any]:
    for operand in operands:
        if isinstance(operand, list | tuple):
            chosen = operand if places is None else [operand[place] for place in sorted(places)]
            yield from _handles(chosen, None)
            if places is not None:
                return
        elif isinstance(operand, tf.Tensor) and operand.dtype == tf.resource:
            yield operand


def _value(handle: Any) -> Any:
    """Return the value of the variable behind `handle`; None for a table or a queue, and before its first."""
    dtype = dtype_behind(handle)
    if dtype is None or not _run("VarIsInitializedOp", handle)[0]:
        return None
    return _run("ReadVariableOp", handle, dtype=dtype)[0]


def _run(kind: str, *operands: Any, dtype: Any = None) -> list[Any]:
    """Run an op of a variable where the variable is, unseen by hooks and tapes."""
    attributes = () if dtype is None else ("dtype", dtype.as_datatype_enum)
    outputs = 0 if kind == "AssignVariableOp" else 1
    return run_where(operands[0].device, kind, outputs, list(operands), attributes)
