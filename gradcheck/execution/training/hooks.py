"""Functions of TensorFlow and Keras that tell of being called while a program that trains is watched.

Each is put in place of the original while somebody watches, and taken away again.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

from gradcheck.execution.tensorflow_internals import leave_to_python

Original = Callable[..., Any]
Around = Callable[..., Any]
"""Called as ``around(original, self, *arguments, **named)``; returns what the original returns."""


class Hook(NamedTuple):
    """A method or property of a class that is stood in for, which the class itself defines; or of a module."""

    owner: Any
    name: str


def put_in_place(hook: Hook, around: Around) -> Callable[[], None]:
    """Let calls of a method go through `around`; return what takes it away again."""
    original = hook.owner.__dict__[hook.name]
    if isinstance(original, property):
        assert original.fget is not None
        stand_in: Any = property(
            _around(original.fget, around), original.fset, original.fdel, original.__doc__
        )
    else:
        stand_in = _around(original, around)
    setattr(hook.owner, hook.name, stand_in)

    def take_away() -> None:
        if hook.owner.__dict__.get(hook.name) is stand_in:  # somebody else may have put theirs there since
            setattr(hook.owner, hook.name, original)

    return take_away


def _around(original: Original, around: Around) -> Any:
    @functools.wraps(original)
    def stand_in(self: Any, *arguments: Any, **named: Any) -> Any:
        return around(original, self, *arguments, **named)

    leave_to_python(stand_in)  # AutoGraph must not convert it
    return stand_in
