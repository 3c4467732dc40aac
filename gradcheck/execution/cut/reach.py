"""Which functions, classes and methods a block of a script may run, and which attributes they ask for."""

from __future__ import annotations

import ast
import functools
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from gradcheck.execution.cut.scopes import (
    MISSING,
    Scope,
    is_layer,
    is_of_keras,
    is_users,
    is_users_function,
    own_attributes,
    own_classes,
    plain_function,
    scope_of_function,
)
from gradcheck.execution.keras_internals import LAYER_VARIABLE, layers_within
from gradcheck.source.reads import attributes_read, globals_read
from gradcheck.source.trees import function_at

NEVER = frozenset(
    {"train_step", "test_step", "predict_step", "fit", "compile", "get_config", "from_config", "save"}
)
"""Methods of a model that a loss does not run, though a class of Keras's has them too."""


@dataclass(frozen=True, eq=False)
class Unit:
    """A function that may run, as its syntax tree, with where it finds what it reads."""

    node: ast.AST
    scope: Scope
    names: frozenset[str]


class Reach:
    """All that a block may run.

    Parameters
    ----------
    node, names, scope
        The block, the names that it reads, and where it finds them.
    """

    def __init__(self, node: ast.AST, names: frozenset[str], scope: Scope) -> None:
        self.attributes = set(attributes_read(node))
        self.units: dict[types.CodeType, Unit] = {}
        self.constructed: set[type] = set()
        self.methods: dict[type, set[str]] = {}
        self._block = Unit(node, scope, names)
        self._seen: dict[int, Any] = {}
        while self._grows():
            pass

    def _grows(self) -> bool:
        before = self._size()
        self._seen = {}
        for unit in [self._block, *self.units.values()]:
            self._visit_names(unit)
        return self._size() != before

    def _size(self) -> tuple[int, ...]:
        methods = sum(map(len, self.methods.values()))
        return len(self.attributes), len(self.units), len(self.constructed), len(self.methods), methods

    def _visit_names(self, unit: Unit) -> None:
        for name in unit.names:
            self._visit(unit.scope.value(name))

    def _visit(self, value: Any) -> None:
        if value is MISSING or isinstance(value, _LEAVES) or id(value) in self._seen:
            return
        self._seen[id(value)] = value
        function = plain_function(value)
        if function is not None:
            self._visit_function(function)
        elif isinstance(value, type):
            if is_users(value):
                self._visit_class(value, constructed=True)
        elif is_users(type(value)):
            self._visit_instance(value)
        else:
            for each in _held(value):
                self._visit(each)

    def _visit_function(self, function: types.FunctionType) -> None:
        if not is_users_function(function):
            return
        unit = self.units.get(function.__code__)
        if unit is None:
            unit = self._unit(function)
            if unit is None:
                return
            self.units[function.__code__] = unit
            self.attributes |= attributes_read(unit.node)
        self._visit_names(unit)

    def _unit(self, function: types.FunctionType) -> Unit | None:
        node = function_at(function.__code__)
        if node is None:
            return None
        return Unit(node, scope_of_function(function), globals_read(ast.unparse(node)))

    def _visit_class(self, kind: type, constructed: bool) -> None:
        if constructed:
            self.constructed.update(own_classes(kind))
        for each in own_classes(kind):
            reached = self.methods.setdefault(each, set())
            for name, member in vars(each).items():
                function = plain_function(member)
                if function is not None and self._may_run(each, name):
                    reached.add(name)
                    self._visit_function(function)

    def _may_run(self, kind: type, name: str) -> bool:
        if name == "__init__":
            return kind in self.constructed
        if name in self.attributes or (name.startswith("__") and name.endswith("__")):
            return True
        library = [base for base in kind.__mro__ if not is_users(base) and base is not object]
        return name not in NEVER and any(name in vars(base) for base in library)

    def _visit_instance(self, value: Any) -> None:
        self._visit_class(type(value), constructed=is_layer(value) and not by_attributes(value))
        if is_layer(value) and not by_attributes(value):
            for each in _custom(value):
                self._visit(each)
        for name, held in own_attributes(value).items():
            if name in self.attributes or is_layer(held) or isinstance(held, list | tuple | Mapping):
                self._visit(held)


_LEAVES = (bool, int, float, str, bytes, tf.Tensor, tf.Variable, LAYER_VARIABLE, types.ModuleType, type(None))


def _held(value: Any) -> list[Any]:
    """Return what a value holds that may run, where it is neither code nor an instance of the user's."""
    if isinstance(value, types.MethodType):
        return [value.__self__]
    if isinstance(value, functools.partial):
        return [value.func, *value.args, *value.keywords.values()]
    if isinstance(value, Mapping):
        return list(value.values())
    if isinstance(value, list | tuple | set):
        return list(value)
    return list(_custom(value)) if is_of_keras(value) else []


def by_attributes(layer: Any) -> bool:
    """Return whether a layer of the user's class is made again by its attributes, without its `__init__`.

    That is so for a direct subclass of `keras.Layer` or `keras.Model`. What derives from another class of Keras's
    has a state that only that class can make.
    """
    library = next(each for each in type(layer).__mro__ if not is_users(each))
    return library in (keras.Layer, keras.Model)


def custom_objects(value: Any) -> dict[str, Any]:
    """Return, by name, the classes and functions of the user's that an object of Keras's is made of."""
    return {each.__name__: each for each in _custom(value) if each.__name__ != "<lambda>"}


def _custom(value: Any) -> Iterator[Any]:
    layers = list(layers_within(value)) if isinstance(value, keras.Layer) else [value]
    for layer in layers:
        if is_users(type(layer)):
            yield type(layer)
        for held in vars(layer).values():
            function = plain_function(held)
            if function is not None and is_users_function(function):
                yield function
            elif not isinstance(held, type) and is_users(type(held)) and hasattr(held, "get_config"):
                yield type(held)
