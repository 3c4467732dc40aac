"""The functions of the user's own that a formulation is seen to reach, without a look at every object there is."""

from __future__ import annotations

import functools
import gc
import sys
from collections.abc import Iterable
from types import CellType, FunctionType, MethodType, ModuleType
from typing import Any

from gradcheck.source import is_user_file


def functions_near(things: Iterable[Any]) -> list[Any]:
    """Return the functions of the user's own that some things hold, by way of closures, modules and classes too.

    Nothing of the user's is run for it, as a property would be.

    Notes
    -----
    It is not certain that these are all: a function may be kept in an object of installed code.
    """
    found, seen, pending = [], set[int](), list(things)
    while pending:
        one = pending.pop()
        if id(one) not in seen:
            seen.add(id(one))
            pending += _held(one)
            if type(one) is FunctionType and is_user_file(one.__code__.co_filename):
                found.append(one)
    return found


def _held(one: Any) -> Iterable[Any]:
    """Return what something refers to that may be, or hold, a function of the user's."""
    kind = type(one)
    if kind is FunctionType and not is_user_file(one.__code__.co_filename):
        return one.__closure__ or ()  # a decorator of installed code
    if kind in (list, tuple, dict) and len(one) > _FEW:
        return ()
    if kind in _HOLD or _is_own(one if isinstance(one, type) else kind):
        return gc.get_referents(one)
    return gc.get_referents(one) if _is_own_module(one) else ()


_HOLD = (
    FunctionType,
    MethodType,
    CellType,
    staticmethod,
    classmethod,
    property,
    functools.partial,
    list,
    tuple,
    dict,
)

_FEW = 1000
"""How many things a list, say, holds at most to be gone through: a module has fewer names."""


def _is_own(kind: type) -> bool:
    name = kind.__dict__.get("__module__")
    return isinstance(name, str) and _is_own_module(sys.modules.get(name))


def _is_own_module(module: Any) -> bool:
    file = module.__dict__.get("__file__") if type(module) is ModuleType else None
    return isinstance(file, str) and is_user_file(file)
