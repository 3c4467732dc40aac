"""What names stand for where a piece of code was defined, and whose code it is."""

from __future__ import annotations

import builtins
import functools
import sys
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from gradcheck.execution.keras_internals import LAYER_VARIABLE
from gradcheck.execution.tensorflow_internals import CompiledFunction
from gradcheck.source import is_user_file

MISSING = object()
"""Stands for what a name does not have: None is a value."""


@dataclass(frozen=True, eq=False)
class Scope:
    """Where a piece of code finds what it reads: its local names or closure, and its module.

    Parameters
    ----------
    filename
        The file that it is written in.
    """

    filename: str
    local: Mapping[str, Any]
    globals: Mapping[str, Any]

    def value(self, name: str) -> Any:
        """Return what a name stands for; `MISSING` for a builtin, and where there is none."""
        if name in self.local:
            return self.local[name]
        return self.globals.get(name, MISSING)

    @property
    def is_main(self) -> bool:
        """Whether it belongs to what Python runs as ``__main__``, which cannot be imported."""
        return self.globals.get("__name__") == "__main__"

    @property
    def module(self) -> types.ModuleType | None:
        """The module, where it was imported by a name."""
        found = sys.modules.get(str(self.globals.get("__name__")))
        return None if self.is_main else found


def is_builtin(name: str) -> bool:
    """Return whether Python itself has the name."""
    return hasattr(builtins, name) or name in ("__file__", "__name__", "__class__", "__doc__", "__package__")


def scope_of_function(function: types.FunctionType) -> Scope:
    """Return where a function finds what it reads."""
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    local = {name: value for name, cell in cells if (value := _content(cell)) is not MISSING}
    return Scope(function.__code__.co_filename, local, function.__globals__)


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # it was not assigned yet
        return MISSING


def plain_function(thing: Any) -> types.FunctionType | None:
    """Return the function that a thing is, or wraps; None if it is none that is written in Python."""
    if isinstance(thing, CompiledFunction):
        thing = thing.python_function
    if isinstance(thing, staticmethod | classmethod):
        thing = thing.__func__
    if isinstance(thing, property):
        thing = thing.fget
    if isinstance(thing, functools.cached_property):
        thing = thing.func
    while isinstance(thing, types.FunctionType) and "__wrapped__" in vars(thing):
        thing = vars(thing)["__wrapped__"]
    if isinstance(thing, CompiledFunction):
        thing = thing.python_function
    return thing if isinstance(thing, types.FunctionType) else None


def is_users(kind: type) -> bool:
    """Return whether a class is written in the user's own files."""
    module = sys.modules.get(kind.__module__)
    file = getattr(module, "__file__", None)
    return kind.__module__ == "__main__" or (file is not None and is_user_file(file))


def is_users_function(function: types.FunctionType) -> bool:
    """Return whether a function is written in the user's own files."""
    return is_user_file(function.__code__.co_filename)


def is_imported(thing: Any) -> bool:
    """Return whether a function or class can be imported by its name from the module that defines it."""
    name, module = getattr(thing, "__qualname__", ""), getattr(thing, "__module__", None)
    if module in (None, "__main__") or "<locals>" in name or not name:
        return False
    found: Any = sys.modules.get(str(module))
    for part in name.split("."):
        found = getattr(found, part, MISSING)
    return found is thing


def own_classes(kind: type) -> Iterator[type]:
    """Yield a class and those above it that are the user's own."""
    return (each for each in kind.__mro__ if is_users(each))


def is_of_keras(thing: Any) -> bool:
    """Return whether a thing is an instance of one of Keras's own classes."""
    return type(thing).__module__.split(".")[0] == "keras"


def is_layer(thing: Any) -> bool:
    """Return whether a thing is a layer or model of Keras's, or a subclass of the user's."""
    return isinstance(thing, keras.Layer)


def own_attributes(thing: Any) -> dict[str, Any]:
    """Return the attributes of an instance of the user's class, but for those that Keras or TensorFlow sets."""
    held = dict(vars(thing)) if hasattr(thing, "__dict__") else {}
    slots = [name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())]
    held |= {name: getattr(thing, name) for name in slots if hasattr(thing, name)}
    if isinstance(thing, keras.Layer):
        return {name: value for name, value in held.items() if name not in _set_by_keras()}
    if isinstance(thing, tf.Module):
        return {
            name: value for name, value in held.items() if name not in vars(tf.Module(name="plain_module"))
        }
    return held


def variables_of(thing: Any) -> list[Any]:
    """Return all variables of an object of Keras's, the state of its random generators too."""
    if isinstance(thing, keras.random.SeedGenerator):
        return [thing.state]
    found = getattr(thing, "variables", [])
    return list(found) if isinstance(found, list | tuple) else []


def is_variable(thing: Any) -> bool:
    """Return whether a thing is a variable of TensorFlow's or Keras's."""
    return isinstance(thing, tf.Variable | LAYER_VARIABLE)


@functools.cache
def _set_by_keras() -> frozenset[str]:
    """Return the attributes that every compiled model has."""
    # With names of their own: Keras numbers those that it gives, and the script's are not to change.
    model, layer = keras.Model(name="plain_model"), keras.Layer(name="plain_layer")
    model.compile(loss="mse", optimizer=keras.optimizers.SGD(name="plain_optimizer"))
    return frozenset([*vars(model), *vars(layer), "optimizer", "train_function"])
