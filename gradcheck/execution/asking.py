"""Whose expression an op is: the user's own, or part of what somebody else wrote."""

from __future__ import annotations

import functools
import os
import pathlib
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any, Literal

import tensorflow as tf

from gradcheck.source import Site, is_own_file, is_user_file, original

Role = Literal["user", "generated", "op", "loss", "ours", "other"]
"""Whose code it is. ``op``: what stands between an expression and its op. ``generated``: AutoGraph's."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the user's code. `site` is None where more than the line is not known."""

    filename: str
    line: int
    site: Site | None


def asked_by(op: Any) -> Place | None:
    """Return the place in the user's code whose own expression the op is that is seen now.

    None where it is a part of something else: of a layer, of an optimizer, of a gradient, of a library; and
    where it takes a variable. A loss of Keras's is the expression of who called it.

    Parameters
    ----------
    op
        The op, where it is one of a function that is being traced.
    """
    frame = _first(_frames(sys._getframe(1)), lambda frame: frame.f_code.co_filename)
    if frame is None or _is_at_work(frame) or _is_given_a_variable(sys._getframe(1)):
        return None
    filename, line = frame.f_code.co_filename, frame.f_lineno
    site = Site(frame.f_code, frame.f_lasti)
    if role(filename) == "user":
        return Place(filename, line, site)
    # What TensorFlow keeps with an op leads from AutoGraph's code to the user's line.
    stack = [] if op is None else list(reversed(op.traceback))
    called = _first(stack, lambda entry: entry.filename)
    if called is None or role(called.filename) != "user":
        return None
    return Place(called.filename, called.lineno, original(site, called.filename, called.lineno))


def _frames(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        if role(frame.f_code.co_filename) != "ours":
            break
        frame = frame.f_back
    while frame is not None:
        yield frame
        frame = frame.f_back


def _first(stack: Iterable[Any], filename: Any) -> Any:
    """Return the innermost entry of a stack that is the user's, if the op belongs to it."""
    in_loss = False
    for entry in stack:
        match role(filename(entry)):
            case "user" | "generated":
                return entry
            case "loss":
                in_loss = True
            case "ours":
                return None
            case "other" if not in_loss:
                return None
    return None


def is_made_by_a_loss(op: Any) -> bool:
    """Return whether it is a loss of Keras's itself that makes the op, as when it gives labels an axis.

    Parameters
    ----------
    op
        The op, where it is one of a function that is traced; None for the one that is seen now.
    """
    files = _files(sys._getframe(1)) if op is None else (entry.filename for entry in reversed(op.traceback))
    return next((role(file) for file in files if role(file) not in ("op", "ours")), None) == "loss"


def _files(frame: FrameType) -> Iterator[str]:
    return (each.f_code.co_filename for each in _outwards(frame))


def _is_given_a_variable(frame: FrameType) -> bool:
    """Return whether an operand is a variable, which holds no samples.

    Handed straight to an op that runs, it is read inside TensorFlow: that its operand is one is known only
    to the function which runs the op, of which there is one per op.
    """
    for each in _frames(frame):
        if role(each.f_code.co_filename) != "op":
            return False
        if "/gen_" in each.f_code.co_filename.replace(os.sep, "/"):
            return any(isinstance(value, tf.Variable) for value in each.f_locals.values())
    return False


def _is_at_work(frame: FrameType) -> bool:
    """Return whether it is gradcheck that runs the user's code, to compare it."""
    return any(_compares(each.f_code.co_filename) for each in _outwards(frame))


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


@functools.cache
def _compares(filename: str) -> bool:
    return is_own_file(filename) and not filename.startswith(_WAYS_IN)


_HERE = pathlib.Path(__file__).parent
_WAYS_IN = (
    *(str(_HERE.parent / name) for name in ("guarding.py", "running.py", "__main__.py")),
    str(_HERE.parent / "cli") + os.sep,
    *(str(_HERE / name) for name in ("hooks.py", "watch.py")),
)
"""Files of ours that are on the stack of a program that is watched."""


@functools.cache
def role(filename: str) -> Role:
    """Return whose code is in `filename`."""
    if is_own_file(filename):
        return "ours"
    path = filename.replace(os.sep, "/")
    if "/__autograph_generated_file" in path:
        return "generated"
    if is_user_file(filename):
        return "user"
    if any(part in path for part in _OPS):
        return "op"
    return "loss" if "/keras/src/losses/" in path else "other"


_OPS = (
    "/keras/src/backend/",
    "/keras/src/ops/",
    "/keras/src/utils/traceback_utils.py",
    "/tensorflow/python/autograph/",
    "/tensorflow/python/eager/execute.py",
    "/tensorflow/python/framework/",
    "/tensorflow/python/ops/array_ops.py",
    "/tensorflow/python/ops/clip_ops.py",
    "/tensorflow/python/ops/gen_array_ops.py",
    "/tensorflow/python/ops/gen_math_ops.py",
    "/tensorflow/python/ops/math_ops.py",
    "/tensorflow/python/ops/numpy_ops/",
    "/tensorflow/python/ops/resource_variable_ops.py",
    "/tensorflow/python/ops/tensor_math_operator_overrides.py",
    "/tensorflow/python/ops/variables.py",
    "/tensorflow/python/ops/weak_tensor_ops.py",
    "/tensorflow/python/util/",
)
