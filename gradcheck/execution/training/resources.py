"""A tensor that functions can change and that is nobody's variable: no strategy, tape or optimizer sees it.

It lives as long as it, or a function that uses it, does.
"""

from __future__ import annotations

import uuid
import weakref
from typing import Any

import tensorflow as tf

from gradcheck.execution.tensorflow_internals import is_left_to_python, nameless
from gradcheck.execution.training.hooks import Hook, put_in_place


class Resource:
    """Numbers in float64, all zero at first.

    Parameters
    ----------
    shape
        Theirs, and for good.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._shape = shape
        self._handle = _made(shape, nameless())
        _zero(self._handle, shape)
        _let_functions_be_exported()
        _all.add(self)

    def add(self, value: Any) -> None:
        """Add to all of them."""
        tf.raw_ops.AssignAddVariableOp(resource=self._handle, value=value)

    def put(self, row: Any, value: Any) -> None:
        """Replace a row."""
        tf.raw_ops.ResourceScatterUpdate(resource=self._handle, indices=row, updates=value)

    def read(self) -> Any:
        """Return them."""
        return tf.raw_ops.ReadVariableOp(resource=self._handle, dtype=tf.float64)

    def exported(self) -> Any:
        """Return what a SavedModel has to have beside a function that uses it."""
        return _Exported(self._handle, self._shape)


def _made(shape: tuple[int, ...], name: str) -> Any:
    return tf.raw_ops.VarHandleOp(dtype=tf.float64, shape=list(shape), shared_name=name)


def _zero(handle: Any, shape: tuple[int, ...]) -> None:
    tf.raw_ops.AssignVariableOp(resource=handle, value=tf.zeros(shape, tf.float64))


class _Exported(tf.saved_model.experimental.TrackableResource):  # type: ignore[misc]  # TensorFlow has no types
    def __init__(self, handle: Any, shape: tuple[int, ...]) -> None:
        # Before TensorFlow's own asks for the handle. Where it is loaded, nothing without a name can be shared.
        self._ours, self._length, self._name_there = handle, shape, f"gradcheck_{uuid.uuid4().hex}"
        super().__init__()

    @property
    def resource_handle(self) -> Any:
        return self._ours

    @resource_handle.setter
    def resource_handle(self, handle: Any) -> None:
        self._ours = handle

    def _create_resource(self) -> Any:
        return _made(tuple(self._length), self._name_there)

    def _initialize(self) -> None:
        _zero(self._ours, tuple(self._length))


_all: weakref.WeakSet[Resource] = weakref.WeakSet()


def _let_functions_be_exported() -> None:
    """Let `tf.saved_model.save` export functions that were traced while they were watched, now and later."""
    hook = Hook(tf.saved_model, "save")
    if not is_left_to_python(tf.saved_model.save):
        put_in_place(hook, _save)


def _save(original: Any, thing: Any, *arguments: Any, **named: Any) -> Any:
    try:
        return original(thing, *arguments, **named)
    except AssertionError:
        # A function counts its gradients. What it counts in has to be a part of what is exported.
        thing.gradcheck_counts = [resource.exported() for resource in _all]
        try:
            return original(thing, *arguments, **named)
        finally:
            del thing.gradcheck_counts
