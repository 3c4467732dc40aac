"""The random generators outside TensorFlow that formulations hold themselves, found through the user's code."""

from __future__ import annotations

import contextlib
import functools
import random
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gradcheck.source import is_user_file

Generator = np.random.BitGenerator | np.random.RandomState | random.Random

Named = Iterator[tuple[str, Any]]
"""Things, each with the name that it has where it was found."""

_MOST = 5000
"""How many objects are looked through: a formulation that refers to more holds its data."""

_FEW = 1000
"""How many elements a container has that is looked into."""


def held(formulations: Iterable[Any]) -> list[tuple[str, Generator]]:
    """Return the generators that `formulations` can reach through the user's own code, with their names.

    That is: closures, the globals and modules that it mentions, attributes of its objects, containers. One
    that a library keeps to itself, or that is made anew in each run, is not among them; nor are Python's and
    NumPy's global ones.
    """
    pending = deque(("", formulation) for formulation in formulations)
    seen: dict[int, Any] = {id(own): own for own in (np.random.mtrand._rand, random._inst)}
    found = []
    while pending and len(seen) < _MOST:
        name, thing = pending.popleft()
        if isinstance(thing, np.random.Generator):
            thing = thing.bit_generator
        if id(thing) in seen:
            continue
        seen[id(thing)] = thing  # kept alive, so that no other object takes its number
        if isinstance(thing, Generator):
            # The system's randomness is one of them by its class, and has no state.
            found += [] if isinstance(thing, random.SystemRandom) else [(name, thing)]
        else:
            pending.extend(_within(name, thing))
    return found


def _within(name: str, thing: Any) -> Named:
    """Yield what `thing` refers to. Nothing is asked that could run code of the user's."""
    match thing:
        case FunctionType():
            yield name, vars(thing).get("__wrapped__")
            if is_user_file(thing.__code__.co_filename):
                yield from _within_function(thing)
        case MethodType():
            yield from (("self", thing.__self__), (name, thing.__func__))
        case functools.partial():
            yield from ((name, part) for part in (thing.func, thing.args, thing.keywords))
        case staticmethod() | classmethod():
            yield name, thing.__func__
        case property():
            yield name, thing.fget
        case tf.types.experimental.GenericFunction():
            yield name, thing.python_function
        case dict() | list() | tuple() | set() if len(thing) <= _FEW:
            items = thing.items() if isinstance(thing, dict) else enumerate(thing)
            yield from ((f"{name}[{key!r}]", value) for key, value in list(items))
        case keras.Model():
            # What a class of the user's may call `layers` is another thing.
            yield from ((layer.name, layer) for layer in keras.Model.layers.fget(thing))
    yield from _within_object(name, thing)


def _within_object(name: str, thing: Any) -> Named:
    """Yield the attributes of the user's classes, and of objects that are made of them."""
    kind = thing if isinstance(thing, type) else type(thing)
    for own in filter(_is_users, kind.__mro__):
        yield from _attributes(name, vars(own))
    if _is_users(kind):
        yield from _attributes(name, getattr(thing, "__dict__", {}))


def _attributes(name: str, values: Mapping[str, Any]) -> Named:
    return ((f"{name}.{key}".lstrip("."), value) for key, value in list(values.items()))


def _within_function(function: FunctionType) -> Named:
    names = _names(function.__code__)
    for free, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        with contextlib.suppress(ValueError):  # nothing is in it yet
            yield free, cell.cell_contents
    for name in sorted(names & function.__globals__.keys()):
        value = function.__globals__[name]
        if isinstance(value, ModuleType):
            used = {key: vars(value)[key] for key in sorted(names & vars(value).keys())}
            yield from _attributes(name, used if _is_users_module(value) else {})
        else:
            yield name, value
    yield from ((function.__name__, each) for each in (function.__defaults__, function.__kwdefaults__))


def _names(code: CodeType) -> set[str]:
    """Return the global names and attributes that `code` and the functions inside it mention."""
    inner = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return set(code.co_names).union(*map(_names, inner))


def _is_users(kind: type) -> bool:
    return _is_users_module(sys.modules.get(kind.__module__))


def _is_users_module(module: ModuleType | None) -> bool:
    file = getattr(module, "__file__", None)
    return is_user_file(file) if file else getattr(module, "__name__", "") == "__main__"
