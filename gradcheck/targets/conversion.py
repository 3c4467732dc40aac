"""Convert text from the command line to the required type."""

from __future__ import annotations

import contextlib
import inspect
import pathlib
import types
import typing
from collections.abc import Callable, Sequence
from typing import Any, Literal


def wanted_type(function: Callable[..., Any], parameter: inspect.Parameter) -> Any:
    """Return the type that a parameter is annotated with, or else that of its default, or else str."""
    if parameter.annotation is not parameter.empty:
        # Only this one: others may name what is imported for type checkers alone.
        alone = types.SimpleNamespace(__annotations__={"it": parameter.annotation})
        names = getattr(inspect.unwrap(function), "__globals__", {})
        with contextlib.suppress(NameError):
            return typing.get_type_hints(alone, names)["it"]
    default = parameter.default
    return str if default is parameter.empty or default is None else type(default)


_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def converted(text: str, wanted: Any) -> Any:
    """Convert `text` to the type `wanted`.

    Raises
    ------
    ValueError
        The text is not a value of that type.
    TypeError
        No text does.
    """
    origin, choices = typing.get_origin(wanted), typing.get_args(wanted)
    if origin is Literal:
        return _chosen(choices, text)
    if origin in (typing.Union, types.UnionType):
        return _convert_to_any(text, choices)
    if wanted is bool:
        if text.lower() not in _BOOLEANS:
            raise ValueError(text)
        return _BOOLEANS[text.lower()]
    if wanted is type(None):
        if text.lower() != "none":
            raise ValueError(text)
        return None
    if any(
        wanted is kind for kind in (int, float, str, pathlib.Path)
    ):  # no `in`: an array takes part in no ==
        return wanted(text)
    if wanted is Any:
        return text
    raise TypeError(text)


def _chosen(choices: Sequence[Any], text: str) -> Any:
    fitting = [choice for choice in choices if str(choice) == text]
    if not fitting:
        raise ValueError(text)
    return fitting[0]


def _convert_to_any(text: str, choices: Sequence[Any]) -> Any:
    for choice in sorted(choices, key=lambda kind: kind is str):  # everything is a str: try that last
        with contextlib.suppress(ValueError, TypeError):
            return converted(text, choice)
    raise ValueError(text)


def type_name(wanted: Any) -> str:
    """Return what to call a type in a message."""
    origin, choices = typing.get_origin(wanted), typing.get_args(wanted)
    if origin is Literal:
        return "one of " + ", ".join(str(choice) for choice in choices)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(type_name(choice) for choice in choices)
    if wanted is type(None):
        return "None"
    return wanted.__name__ if isinstance(wanted, type) and not choices else str(wanted)
