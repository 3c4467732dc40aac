"""What a function of somebody else's is called with, and which variables it reads."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gradcheck.errors import CaseError, user_code
from gradcheck.execution.keras_internals import LAYER_VARIABLE
from gradcheck.execution.run.captured import capturing, inner
from gradcheck.execution.run.freeze import frozen
from gradcheck.execution.run.prepare import as_arguments


class _Called(BaseException):
    """Ends the program that calls the function; an `Exception` might be handled by it."""

    def __init__(self, given: tuple[Any, ...], named: Mapping[str, Any]) -> None:
        self.given, self.named = given, named


def arguments_of_first_call(
    module: types.ModuleType, name: str, program: Callable[[], Any]
) -> tuple[tuple[Any, ...], Mapping[str, Any]]:
    """Run `program` until it calls the function `name` of `module`; return what it calls it with.

    Raises
    ------
    CaseError
        It ended without a call.
    UserCodeError
        It raised before.
    """
    original = getattr(module, name)

    def stop(*given: Any, **named: Any) -> Any:
        raise _Called(given, named)

    setattr(module, name, stop)
    try:
        with frozen(0), user_code(f"running `{getattr(program, '__name__', 'it')}` raised:"), capturing():
            try:
                program()
            except _Called as called:
                return called.given, called.named
    finally:
        setattr(module, name, original)
    raise CaseError(f"`{getattr(program, '__name__', 'it')}` ended without calling `{name}`")


def as_data(value: Any) -> Any | None:
    """Return tensors and arrays of numbers as arrays, and nests of them as nests; None for anything else."""
    if isinstance(value, Mapping):
        items = {key: as_data(item) for key, item in value.items()}
        return items if items and not any(item is None for item in items.values()) else None
    if isinstance(value, list | tuple):
        held = [as_data(item) for item in value]
        return type(value)(held) if held and not any(item is None for item in held) else None
    if is_part_of_a_model(value) or not (isinstance(value, np.ndarray | np.generic) or tf.is_tensor(value)):
        return None
    array = np.asarray(value)
    return array if array.dtype.kind in "biufc" else None


def variables_read(function: Callable[..., Any], arguments: Mapping[str, Any]) -> list[Any]:
    """Return the trainable variables of a floating dtype that `function` reads when it is called once."""
    with frozen(0, [function]), tf.GradientTape() as tape:
        with user_code("calling it for the variables that it reads raised:"), capturing() as captured:
            function(**arguments_as_tensors(arguments))
        read = [*tape.watched_variables(), *(variable for _, variable in captured.handed)]
    return [one for one in _once(read) if one.dtype.is_floating]


def arguments_as_tensors(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments as a formulation gets them: data as tensors, all else as it is."""
    data = {name: found for name, value in arguments.items() if (found := as_data(value)) is not None}
    return {**arguments, **as_arguments(data)}


def _once(variables: Iterable[Any]) -> list[Any]:
    return list({id(variable): variable for variable in variables}.values())


def names_of(variables: Iterable[Any], module: types.ModuleType) -> dict[str, Any]:
    """Return, by name, the models, layers and variables of `module` that have all `variables` between them.

    Models come first, and of them the largest.

    Raises
    ------
    CaseError
        Some of `variables` have no name there.
    """
    missing = {id(variable): variable for variable in variables}
    holders = {name: _held(thing) for name, thing in vars(module).items() if not name.startswith("_")}
    found: dict[str, Any] = {}
    for name in sorted(holders, key=lambda one: -len(holders[one])):
        if not missing.keys().isdisjoint(holders[name]) and holders[name] <= {id(v) for v in variables}:
            found[name] = getattr(module, name)
            missing = {key: one for key, one in missing.items() if key not in holders[name]}
    if missing:
        raise CaseError(
            "the function reads variables that are in no model, layer or variable of its module: "
            f"{', '.join(f'`{one.name}`' for one in missing.values())}; give them a name there"
        )
    return found


def _held(thing: Any) -> set[int]:
    """Return the variables that a thing is, or has; none where it is something else."""
    if isinstance(thing, tf.Variable | LAYER_VARIABLE):
        return {id(inner(thing))} if thing.trainable else set()
    if isinstance(thing, type) or not isinstance(getattr(thing, "trainable_variables", None), list | tuple):
        return set()
    return {id(inner(variable)) for variable in thing.trainable_variables}


def is_part_of_a_model(thing: Any) -> bool:
    """Return whether `thing` is a model, a layer or a variable: no data of a batch."""
    return bool(_held(thing)) or isinstance(thing, keras.Layer)
