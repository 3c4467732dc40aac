"""What calls of layers, losses and other objects leave to a default of None, to a flag, or to a number."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

_FUNCTIONS = (FunctionType, MethodType, BuiltinFunctionType)


def left_out(function: ast.AST, names: Mapping[str, Any]) -> dict[str, dict[str, float | None]]:
    """Return what may be left out where a function calls objects, and makes them: by how the called is written.

    That is the parameters whose default is None, a truth value or a number. Of functions, the definition tells.

    Parameters
    ----------
    names
        What names stand for there, with those of its module.
    """
    called = {ast.unparse(one.func): one.func for one in ast.walk(function) if isinstance(one, ast.Call)}
    found = {text: dict(_defaults(_run_by(one, names))) for text, one in called.items()}
    return {text: defaults for text, defaults in found.items() if defaults}


def _run_by(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """Return the function that runs where an object, or a class, is called; None where that is no such thing."""
    if isinstance(node, ast.Call):
        made = _value(node.func, names)
        return _of_an_object(made) if isinstance(made, type) else None
    called = _value(node, names)
    if isinstance(called, type):
        return called.__init__  # type: ignore[misc]
    return _of_an_object(type(called)) if callable(called) and not isinstance(called, _FUNCTIONS) else None


def _of_an_object(kind: type) -> Any:
    return getattr(kind, "call", None) if hasattr(kind, "trainable_variables") else kind.__call__


def _value(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """Return what a name, or an attribute of a module or of an object, stands for; no property is asked."""
    match node:
        case ast.Name(id=name):
            return names.get(name)
        case ast.Attribute(value=owner, attr=name):
            found = _value(owner, names)
            if isinstance(found, ModuleType):
                return getattr(found, name, None)  # some of Keras's are loaded when they are asked for
            return _kept_by(found).get(name)
    return None


def _kept_by(value: Any) -> Mapping[str, Any]:
    try:  # as `object` does it: a class of the user's own may look names up otherwise
        kept = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return {}
    return kept if type(kept) is dict else {}


def _defaults(function: Any) -> Iterator[tuple[str, float | None]]:
    try:
        parameters = inspect.signature(function).parameters if function is not None else {}
    except (TypeError, ValueError):  # what is built in tells nothing
        return
    for name, one in parameters.items():
        if one.default is None or isinstance(one.default, int | float):
            yield name, one.default
