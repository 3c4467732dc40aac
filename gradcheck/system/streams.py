"""Standard streams that may be closed, full or missing: writing to them, and abandoning them."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Iterable
from typing import IO, Any

_opened: dict[str, IO[str]] = {}
"""Replacements for standard streams that the process was started without, by name in `sys`."""


def open_what_is_closed() -> None:
    """Give the process a stdout and a stderr where it was started without one (``>&-``).

    Otherwise the next file that anybody opens would have its number, and what C code prints would end up
    in it. Writing to such a stdout fails, as it should; what goes to such a stderr vanishes.
    """
    for name, number, mode in (("stdout", 1, os.O_RDONLY), ("stderr", 2, os.O_WRONLY)):
        if getattr(sys, name) is None and not _is_open(number):
            _lead_nowhere(number, mode)
            stream = open(number, "w", encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
            _opened[name] = stream
            setattr(sys, name, stream)


def close_what_was_closed() -> None:
    """Take back from Python code what `open_what_is_closed` gave it: a script is to find things as they were."""
    for name, number in (("stdout", 1), ("stderr", 2)):
        if name in _opened:
            setattr(sys, name, None)
            _lead_nowhere(number, os.O_WRONLY)
            del _opened[name]


def is_missing(stream: IO[str] | None) -> bool:
    """Return whether `stream` was closed when the process was started, so that nothing can be written to it."""
    return stream is None or stream in _opened.values()


def write(stream: IO[str] | None, text: str) -> None:
    """Write all of `text`; give up quietly where the reader, such as ``head``, has seen enough.

    Raises
    ------
    OSError
        The stream is closed, or what it leads to is full.
    """
    if stream is None or _is_closed(stream):
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        give_up(stream)
        if not isinstance(error, BrokenPipeError):
            raise


def tell(text: str) -> None:
    """Write `text` to stderr, if it takes anything: there is nowhere to say that it does not."""
    with contextlib.suppress(OSError):
        write(sys.stderr, text)


def finish(stream: IO[str] | None) -> None:
    """Write what is left in `stream`, and let vanish what it does not take."""
    if stream is None or _is_closed(stream):
        return
    try:
        stream.flush()
    except OSError:
        give_up(stream)


def give_up(stream: IO[str]) -> None:
    """Let what is left in `stream` vanish: Python would try again as it ends, and change the exit code."""
    with contextlib.suppress(OSError):
        _lead_nowhere(stream.fileno(), os.O_WRONLY)
        stream.flush()


class Forgiving:
    """A stream that hands everything on to another, and drops what that one does not take.

    User code that prints is not to fail because what it prints is sent elsewhere. Closing closes nothing.
    """

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Hand on `text`."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Hand on all of `lines`."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Write out what was handed on."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()

    close = flush

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _is_closed(stream: IO[str]) -> bool:
    """Return whether `stream` is closed; one that a script put in place of stderr may just have a `write`."""
    return getattr(stream, "closed", False)


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _lead_nowhere(number: int, mode: int) -> None:
    nowhere = os.open(os.devnull, mode)
    if nowhere == number:  # it was closed: the lowest free number is the one that a new file gets
        os.set_inheritable(number, True)
        return
    os.dup2(nowhere, number)
    os.close(nowhere)
