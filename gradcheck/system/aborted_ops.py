"""What TensorFlow writes of an op that fails is kept from stderr while ops are tried that may well fail."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from typing import IO, ParamSpec, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")

_ABORTED = re.compile(rb"^.*\b(local_rendezvous|op_kernel)\.cc:\d+\].*\n?", flags=re.MULTILINE)
"""The lines that its C++ code writes for each op that raises, whoever catches the error.

There is no way to switch it off once TensorFlow is imported.
"""


def unheard(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Let `function` run without these lines. Whatever else is written to stderr meanwhile comes after it."""

    @functools.wraps(function)
    def inner(*arguments: _P.args, **named: _P.kwargs) -> _R:
        with without_aborted_ops():
            return function(*arguments, **named)

    return inner


@contextlib.contextmanager
def without_aborted_ops() -> Iterator[None]:
    """Leave out what TensorFlow writes to stderr of ops that fail inside."""
    try:
        kept = os.dup(2)
    except OSError:  # it is closed: nothing can be written there
        yield
        return
    with _file() as caught:
        os.dup2(caught.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            _hand_on(caught.seek(0, os.SEEK_END), caught.fileno())


def _file() -> IO[bytes]:
    if hasattr(os, "memfd_create"):  # several times as fast: ops are tried one by one, by the thousand
        return os.fdopen(os.memfd_create("stderr"), "w+b", buffering=0)
    return tempfile.TemporaryFile(buffering=0)


def _hand_on(size: int, caught: int) -> None:
    if size:
        os.lseek(caught, 0, os.SEEK_SET)
        with contextlib.suppress(OSError):  # of a full device
            os.write(2, _ABORTED.sub(b"", os.read(caught, size)))
