"""Plain Python values that a function reads: what a `tf.function` keeps from when it was traced."""

from __future__ import annotations

import contextlib
import dis
import inspect
from collections.abc import Iterator
from typing import Any


def python_values(function: Any, owner: Any = None) -> list[str]:
    """Return the attributes, closures and globals that a function reads which are numbers, as it writes them.

    Parameters
    ----------
    owner
        The object whose method it is.
    """
    plain = inspect.unwrap(getattr(function, "__func__", function))
    return list(dict.fromkeys(_read(plain, owner))) if inspect.isfunction(plain) else []


def _read(function: Any, bound: Any) -> Iterator[str]:
    code = function.__code__
    outside = {**function.__globals__, **dict(_bound_cells(function))}
    own = code.co_varnames[0] if code.co_argcount else ""
    before: Any = None
    for instruction in dis.get_instructions(code):
        name = str(instruction.argval)
        if instruction.opname.startswith("LOAD_ATTR") and before == own and own:
            if _is_number(vars(bound).get(name) if hasattr(bound, "__dict__") else None):
                yield f"{own}.{name}"
        elif instruction.opname in ("LOAD_GLOBAL", "LOAD_DEREF") and _is_number(outside.get(name)):
            yield name
        before = instruction.argval if instruction.opname.startswith("LOAD_FAST") else None


def _bound_cells(function: Any) -> Iterator[tuple[str, Any]]:
    """Yield the variables around a function that have a value: `inspect.getclosurevars` raises if one has none."""
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        with contextlib.suppress(ValueError):
            yield name, cell.cell_contents


def _is_number(value: Any) -> bool:
    return isinstance(value, bool | int | float)
