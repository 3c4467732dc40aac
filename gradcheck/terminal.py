"""The process's own streams: what TensorFlow and the user's code print, and where progress is shown."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
from collections.abc import Iterator, Sized
from typing import IO

from rich.console import Console, ConsoleOptions, RenderResult
from rich.status import Status
from rich.text import Text


@contextlib.contextmanager
def captured_stderr() -> Iterator[IO[bytes]]:
    """Send what is written to file descriptor 2 into a file, also by C++; yield that file.

    TensorFlow writes its start-up lines there before any setting of its own takes effect. What was
    caught is written out after all when something is raised inside.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), 2)
        try:
            yield caught
        except BaseException:
            os.dup2(kept, 2)
            caught.seek(0)
            os.write(2, caught.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)


@contextlib.contextmanager
def stdout_kept_for_the_report() -> Iterator[None]:
    """Send what the user's code prints to stderr, also from C++, so that stdout holds the report alone."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


class Progress:
    """One line on stderr that says what is being done; nothing at all when stderr is no terminal.

    It writes to a copy of the terminal's descriptor, so that it can be seen while `captured_stderr`
    keeps everybody else quiet.
    """

    def __init__(self) -> None:
        terminal = os.fdopen(os.dup(2), "w", encoding="utf-8") if sys.stderr.isatty() else io.StringIO()
        self._console = Console(file=terminal)
        self._line = _Line("")
        self._status = (
            Status(self._line, console=self._console, spinner="dots") if sys.stderr.isatty() else None
        )

    def __enter__(self) -> Progress:
        if self._status is not None:
            self._status.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._status is not None:
            self._status.stop()
        self._console.file.close()

    def say(self, doing: str) -> None:
        """Show what is being done."""
        self._line.doing, self._line.ops = doing, ()

    def watch(self, side: str, ops: Sized) -> None:
        """Show which formulation is running, with the number of ops so far."""
        self._line.doing, self._line.ops = f"{self._line.doing.split(':')[0]}: {side}", ops


class _Line:
    """The text of the line, made anew each time it is drawn: counting costs the recording nothing."""

    def __init__(self, doing: str) -> None:
        self.doing = doing
        self.ops: Sized = ()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        count = f"  {len(self.ops):,} ops" if len(self.ops) else ""
        yield Text(f"{self.doing}{count}", overflow="ellipsis", no_wrap=True)
