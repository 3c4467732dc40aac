"""A bound on what runs of the user's own code: a change may make a loop endless, or a function call itself."""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from gradcheck.source import is_user_file

Watching = Callable[[FrameType], None]


class TooManyStepsError(BaseException):
    """More lines ran than are allowed. It is no `Exception`, which the user's code may well catch."""


class Steps:
    """Counts the lines of the user's files that this thread runs; `lines` are which. And all `calls`, of any file.

    Parameters
    ----------
    most
        After how many a `TooManyStepsError` is raised; None for never.
    deepest
        Within how many calls of the user's functions in each other one is raised: where Python's own limit is
        reached within TensorFlow, that may end the process.
    on_return
        Called with the frame of each of the user's functions that returns.
    on_line
        Called with the frame of a user's function before it runs a line.

    Notes
    -----
    Lines are counted, and not seconds, so that it does not depend on the machine. What runs within one call of a
    library is one line, however long it takes.
    """

    def __init__(
        self,
        most: int | None = None,
        on_return: Watching | None = None,
        on_line: Watching | None = None,
        deepest: int | None = None,
    ) -> None:
        self.taken = self.calls = self.deepest = self._depth = 0
        self.lines: set[tuple[str, int]] = set()
        self._most, self._on_return, self._on_line = most, on_return, on_line
        self._deepest = deepest

    @contextlib.contextmanager
    def counting(self) -> Iterator[None]:
        """Count inside. Whoever traces this thread, such as a debugger, does so again on leaving."""
        before = sys.gettrace()
        sys.settrace(self._call)
        try:
            yield
        finally:
            sys.settrace(before)

    def _call(self, frame: FrameType, event: str, argument: Any) -> Any:
        self.calls += 1
        if not _is_the_users(frame.f_code.co_filename):
            return None
        self._depth += 1
        self.deepest = max(self.deepest, self._depth)
        if self._deepest is not None and self._depth > self._deepest:
            raise TooManyStepsError(f"more than {self._deepest} calls in each other")
        return self._line

    def _line(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            self.taken += 1
            if self._on_line is not None:
                self._on_line(frame)
            self.lines.add((frame.f_code.co_filename, frame.f_lineno))
        if event == "return":
            self._depth -= 1
            if self._on_return is not None:
                self._on_return(frame)
        if self._most is not None and self.taken > self._most:
            raise TooManyStepsError(f"more than {self._most} lines")
        return self._line


_is_the_users = functools.lru_cache(maxsize=4096)(is_user_file)
