"""Assignments of a thread to variables, detected before they happen, so that they can be undone.

TensorFlow's own hook is called after an op, when the old value is gone. So the three functions through which
Python runs every op are wrapped.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import tensorflow as tf

from gradcheck.execution.tensorflow_internals import (
    READ_ONLY_OPS,
    RUNNERS,
    dtype_behind,
    function_definition,
    inputs_only_read,
    op_definition,
    replace_runner,
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
        _open.journals.append(self)
        _install(1)
        try:
            yield
        finally:
            _install(-1)
            with contextlib.suppress(ValueError):  # a generator was closed in another thread than it began in
                _open.journals.remove(self)

    def note(self, handle: Any) -> None:
        """Keep the value of the variable behind `handle`, unless it is kept already or there is none yet."""
        number = tensor_id(handle)
        if number not in self._before:
            value = _value(handle)
            if value is not None:
                self._before[number] = handle, value

    def undo(self) -> None:
        """Assign all values back and forget them; the latest first, since one variable may have two handles."""
        before, self._before = self._before, {}
        for handle, value in reversed(before.values()):
            _run("AssignVariableOp", handle, value, dtype=value.dtype)


class _Open(threading.local):
    """The journals that a thread writes into now: a formulation may itself compare two others."""

    def __init__(self) -> None:
        self.journals: list[Assignments] = []


_open = _Open()
_lock = threading.Lock()
_uses = 0


def _install(change: int) -> None:
    """Wrap TensorFlow's functions with the first use, and put them back with the last."""
    global _uses
    with _lock:
        before, _uses = _uses, _uses + change
        if bool(before) != bool(_uses):
            for name, (original, name_at) in RUNNERS.items():
                replace_runner(name, _noting(original, name_at) if _uses else original)


def _noting(execute: Callable[..., Any], name_at: int) -> Callable[..., Any]:
    """Return `execute` with a look beforehand. It runs once per op of the process: keep it short."""

    def run(*arguments: Any) -> Any:
        if _open.journals:
            written = _written[arguments[name_at]]
            if written is None or written:
                # The operands come first behind the name, or all together in a list.
                handles = list(_handles(arguments[name_at + 1 :], written))
                for journal in _open.journals:
                    for handle in handles:
                        journal.note(handle)
        return execute(*arguments)

    return run


class _Written(dict[Any, "frozenset[int] | None"]):
    """Which operands an op may assign to, by the op's name: None for any handle, by place for a function."""

    def __missing__(self, name: str | bytes) -> frozenset[int] | None:
        found = _written_by(tf.compat.as_str(name))
        self[name] = found
        return found


_written = _Written()


def _written_by(name: str) -> frozenset[int] | None:
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
