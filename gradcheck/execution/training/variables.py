"""The variables of a program that trains: which were asked for a gradient, and which have changed since."""

from __future__ import annotations

import math
import threading
import weakref
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from gradcheck.execution.keras_internals import LAYER_VARIABLE
from gradcheck.execution.tensorflow_internals import handle_of
from gradcheck.program.gradient_health import Shape, VariableSeen
from gradcheck.source import Span
from gradcheck.system.collecting import all_objects


def variable_of(source: Any) -> Any:
    """Return TensorFlow's variable that a source of a gradient is; None where it is a tensor."""
    if not isinstance(source, _VARIABLES):
        source = getattr(source, "value", None)  # a variable of Keras's holds one of TensorFlow's
    return source if isinstance(source, _VARIABLES) else None


_VARIABLES = (tf.Variable, tf.distribute.DistributedValues)


def identity(variable: Any) -> int:
    """Return what tells a variable from others while it lives: it may be wrapped in several ways."""
    return id(variable if isinstance(variable, tf.distribute.DistributedValues) else handle_of(variable))


def whole(variable: Any) -> Any:
    """Return a variable with the copies of it that a strategy keeps, where `variable` is one of them."""
    return tf.distribute.get_strategy().extended.value_container(variable)


def path_of(source: Any) -> str:
    """Return a variable's own name."""
    return str(getattr(source, "path", None) or source.name.removesuffix(":0"))


def shape_of(source: Any) -> Shape:
    """Return a shape as far as it is known."""
    shape = tf.TensorShape(source.shape)
    return (None,) if shape.rank is None else tuple(shape.as_list())


_HELD = 1 << 28
"""So many bytes of weights are kept for the end, should the program drop them, as a function that returns does."""


@dataclass
class _Entry:
    variable: Any  # a weak reference
    held: Any  # what its value is read from; None where that is not kept alive, or cannot be read
    dtype: Any
    path: str
    shape: Shape
    place: Span
    before: int | None = None
    asked: bool = False
    applied: bool = False
    trainable: bool = True
    regularised: bool = False
    owner: Any = None  # a weak reference to Keras's variable

    def is_there(self) -> bool:
        return self.held is not None or self.variable() is not None

    def fingerprint(self) -> int | None:
        """Return a number that follows from the value; None where it cannot be read."""
        variable = self.variable()
        handle = self.held if variable is None else _handle(variable)
        return None if handle is None else _fingerprint(handle, self.dtype)

    def changed(self) -> bool | None:
        """Return whether it has another value than when it was first seen."""
        now = None if self.before is None else self.fingerprint()
        return None if now is None else now != self.before


class Ledger:
    """All variables that a gradient was taken for, or that the tape saw meanwhile."""

    def __init__(self) -> None:
        self._entries: dict[int, _Entry] = {}
        self._held = 0
        self._late: list[_Entry] = []
        self._lock = threading.Lock()

    def asked(self, source: Any, variable: Any, place: Span) -> None:
        """Keep a variable that a gradient is taken for."""
        entry = self._keep(variable, path_of(source), place)
        entry.asked, entry.trainable = True, bool(source.trainable)
        entry.regularised = getattr(source, "regularizer", None) is not None

    def saw(self, variables: Iterable[Any], place: Span) -> None:
        """Keep variables that a tape saw being read."""
        new = [each for each in variables if each.trainable and identity(each) not in self._entries]
        owners = _variables_of_keras({identity(variable) for variable in new}) if new else {}
        for variable in new:
            owner = owners.get(identity(variable))
            entry = self._keep(variable, path_of(variable if owner is None else owner), place)
            if owner is not None:
                entry.owner, entry.trainable = weakref.ref(owner), bool(owner.trainable)

    def applied(self, number: int) -> None:
        """Keep that an optimizer is handed a variable."""
        if number in self._entries:
            self._entries[number].applied = True

    def complete(self) -> None:
        """Take the values of variables that had none yet: those that a function makes get theirs once it runs."""
        late, self._late = self._late, []
        for entry in late:
            if entry.is_there():
                entry.before = entry.fingerprint()

    def _keep(self, variable: Any, path: str, place: Span) -> _Entry:
        with self._lock:
            number = identity(variable)
            known = self._entries.get(number)
            if known is None or not known.is_there():
                known = self._entries[number] = self._entry(variable, path, place)
                if known.before is None:
                    self._late.append(known)
            elif "/" in path:  # the name that Keras gives is the better one
                known.path = path
            return known

    def _entry(self, variable: Any, path: str, place: Span) -> _Entry:
        handle, shape = _handle(variable), shape_of(variable)
        size = math.prod(length or 0 for length in shape) * variable.dtype.size
        is_held = handle is not None and self._held + size <= _HELD
        self._held += size * is_held
        before = None if handle is None else _fingerprint(handle, variable.dtype)
        return _Entry(
            weakref.ref(variable), handle if is_held else None, variable.dtype, path, shape, place, before
        )

    def read(self) -> tuple[VariableSeen, ...]:
        """Return what became of those that can still be read and are meant to be trained."""
        return tuple(
            VariableSeen(
                path=entry.path,
                shape=entry.shape,
                asked=entry.asked,
                applied=entry.applied,
                changed=entry.changed(),
                place=entry.place,
                identity=number,
            )
            for number, entry in self._entries.items()
            if entry.is_there() and _is_trainable(entry)
        )

    def regularised(self) -> dict[int, str]:
        """Return the paths of those that have a regularizer of Keras's and that a gradient was taken for."""
        return {number: entry.path for number, entry in self._entries.items() if entry.regularised}


def _is_trainable(entry: _Entry) -> bool:
    owner = None if entry.owner is None else entry.owner()
    return entry.trainable if owner is None else bool(owner.trainable)


def _variables_of_keras(numbers: set[int]) -> dict[int, Any]:
    """Return Keras's variables that hold some of TensorFlow's: a frozen layer is frozen in Keras alone."""
    found = (thing for thing in all_objects() if issubclass(type(thing), LAYER_VARIABLE))
    held = ((variable_of(thing), thing) for thing in found)
    return {
        identity(variable): thing
        for variable, thing in held
        if variable is not None and identity(variable) in numbers
    }


def _handle(variable: Any) -> Any:
    """Return what a variable's value is read from: of several copies, which are the same, the first one."""
    if isinstance(variable, tf.distribute.DistributedValues):
        return handle_of(tf.distribute.get_strategy().experimental_local_results(variable)[0])
    return handle_of(variable)


def _fingerprint(handle: Any, dtype: Any) -> int | None:
    with tf.init_scope():
        if not tf.executing_eagerly() or not tf.raw_ops.VarIsInitializedOp(resource=handle):
            return None
        return zlib.crc32(tf.raw_ops.ReadVariableOp(resource=handle, dtype=dtype).numpy().tobytes())
