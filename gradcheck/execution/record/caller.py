"""The expression that called an op: the user's own, or part of a library."""

from __future__ import annotations

import functools
import os
import pathlib
import sys
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any, Literal

import tensorflow as tf

from gradcheck.execution import keras_internals, tensorflow_internals
from gradcheck.execution.record.autograph import original_of
from gradcheck.execution.tensorflow_internals import (
    AUTOGRAPH_FILE,
    files_that_made,
    is_replica,
    operands_of_op,
    starts_replica,
)
from gradcheck.source import Site, is_own_file, is_user_file, original

Role = Literal["user", "generated", "op", "loss", "ours", "other"]
"""The owner of code. ``op``: code between an expression and its op. ``generated``: AutoGraph's."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A place in the user's code. `site` is None where more than the line is not known."""

    filename: str
    line: int
    site: Site | None


def asked_by() -> Caller | None:
    """Return the place in the user's code whose own expression the op is that is seen now.

    None where it is a part of something else: of a layer, of an optimizer, of a gradient, of a library; and
    where it takes a variable. A loss of Keras's is the expression of who called it.
    """
    frame = _first(_frames(sys._getframe(1)))
    if frame is None or _is_at_work(frame) or _is_given_a_variable(sys._getframe(1)):
        return None
    return place_of(frame)


def is_part_of_a_library() -> bool:
    """Return whether the op that is seen now is no expression of the user's, but a step of installed code."""
    return _first(_frames(sys._getframe(1))) is None


def called_by(frame: FrameType | None) -> FrameType | None:
    """Return the innermost frame of the user's own code around `frame`, whatever stands between.

    None where there is none, and where it is gradcheck that runs the user's code, to compare it. It may be
    AutoGraph's: `place_of` knows what that stands for.
    """
    found = None
    for each in outwards(frame):
        filename = each.f_code.co_filename
        if _compares(filename):
            return None
        if found is None and role(filename) in ("user", "generated"):
            found = each
    return found


def place_of(frame: FrameType) -> Caller | None:
    """Return the place in the user's code where a frame of `called_by` is; None where AutoGraph wrote it."""
    if role(frame.f_code.co_filename) == "user":
        return Caller(frame.f_code.co_filename, frame.f_lineno, Site(frame.f_code, frame.f_lasti))
    file = frame.f_globals.get("__file__")
    key = id(frame.f_code), frame.f_lasti, file
    if key not in _places:
        _places[key] = frame.f_code, _stands_for(Site(frame.f_code, frame.f_lasti), frame.f_lineno, file)
    return _places[key][1]


_places: dict[tuple[int, int, str | None], tuple[CodeType, Caller | None]] = {}
"""What instructions of AutoGraph's code correspond to, by the code (its id: code is kept), the instruction, and
the file whose names it uses.

To find that out takes milliseconds, and a loop that is traced step by step runs one of them thousands of times.
"""


def _stands_for(generated: Site, line: int, file: str | None) -> Caller | None:
    """Return the location in user code that an instruction on a line of AutoGraph's code corresponds to."""
    found = original_of(generated.code.co_filename, line, file)
    if found is None or role(found.filename) != "user":
        return None
    return Caller(found.filename, found.line, original(generated, found.code, found.line))


def _frames(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        if role(frame.f_code.co_filename) != "ours":
            break
        frame = frame.f_back
    while frame is not None:
        yield frame
        frame = frame.f_back


def _first(stack: Iterable[FrameType]) -> FrameType | None:
    """Return the innermost frame of a stack that is the user's, if the op belongs to it."""
    in_loss = False
    for frame in stack:
        match role(frame.f_code.co_filename):
            case "user" | "generated":
                return frame
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
    files = _files(sys._getframe(1)) if op is None else files_that_made(op)
    return next((role(file) for file in files if role(file) not in ("op", "ours")), None) == "loss"


def _files(frame: FrameType) -> Iterator[str]:
    return (each.f_code.co_filename for each in outwards(frame))


def _is_given_a_variable(frame: FrameType) -> bool:
    """Return whether an operand is a variable, which holds no samples.

    Handed straight to an op that runs, it is read inside TensorFlow: that its operand is one is known only
    to the function which runs the op, of which there is one per op.
    """
    for each in _frames(frame):
        if role(each.f_code.co_filename) != "op":
            return False
        operands = operands_of_op(each)
        if operands is not None:
            return any(isinstance(value, tf.Variable) for value in operands)
    return False


def _is_at_work(frame: FrameType) -> bool:
    """Return whether it is gradcheck that runs the user's code, to compare it."""
    return any(_compares(each.f_code.co_filename) for each in outwards(frame))


def outwards(frame: FrameType | None) -> Iterator[FrameType]:
    """Yield a frame and those that it was called from, the innermost first.

    The replicas of a strategy run in threads of their own: what started them waits for them in another one.
    """
    while frame is not None:
        yield frame
        frame = frame.f_back
    replica = threading.current_thread()
    if is_replica(replica):
        yield from _outwards_from_where_it_was_started(replica)


def _outwards_from_where_it_was_started(replica: threading.Thread) -> Iterator[FrameType]:
    for innermost in sys._current_frames().values():
        frame: FrameType | None = innermost
        starts = False
        while frame is not None:
            starts = starts or starts_replica(frame, replica)
            if starts:
                yield frame
            frame = frame.f_back


@functools.cache
def _compares(filename: str) -> bool:
    return is_own_file(filename) and not filename.startswith(_WAYS_IN)


_HERE = pathlib.Path(__file__).parent
_PACKAGE = _HERE.parent.parent
_WAYS_IN = (
    *(str(_PACKAGE / name) for name in ("__main__.py", "callbacks.py", "notebook.py")),
    *(str(_PACKAGE / folder) + os.sep for folder in ("cli", "training")),
    *(str(_HERE.parent / folder) + os.sep for folder in ("training", "scripts", "cut")),
    *(str(_HERE / name) for name in ("op_hook.py", "watch.py", "eagerly.py")),
    str(_HERE.parent / "run" / "runners.py"),
)
"""Files of ours that are on the stack of a program that is watched."""


@functools.cache
def role(filename: str) -> Role:
    """Return whose code is in `filename`."""
    if is_own_file(filename):
        return "ours"
    path = filename.replace(os.sep, "/")
    if AUTOGRAPH_FILE in path:
        return "generated"
    if is_user_file(filename):
        return "user"
    if any(part in path for part in _OPS):
        return "op"
    return "loss" if any(part in path for part in keras_internals.FILES_OF_LOSSES) else "other"


_OPS = keras_internals.FILES_OF_OPS + tensorflow_internals.FILES_OF_OPS
