"""The process's standard streams: output of TensorFlow and of user code, and the progress display."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator, Sized
from typing import IO, TYPE_CHECKING, Any, cast

from gradcheck.errors import GradcheckError
from gradcheck.system.streams import Forgiving, close_what_was_closed, finish

if TYPE_CHECKING:  # imported where they are used: every command line loads this module, also --help
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.live import Live


@contextlib.contextmanager
def captured_stderr() -> Iterator[IO[bytes]]:
    """Send what is written to file descriptor 2 into a file, also by C++; yield that file.

    TensorFlow writes its start-up lines there before any setting of its own takes effect. What was
    caught is written out after all when something unforeseen is raised inside.
    """
    import tempfile

    finish(sys.stderr)
    kept = os.dup(2)
    with tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), 2)
        try:
            yield caught
        except Exception as error:  # raised again after showing what TensorFlow wrote
            if not isinstance(error, GradcheckError):
                caught.seek(0)
                with contextlib.suppress(OSError):  # of a full device
                    os.write(kept, caught.read())
            raise
        finally:
            _flush_c_streams()
            finish(sys.stderr)
            os.dup2(kept, 2)
            os.close(kept)


@contextlib.contextmanager
def stdout_kept_for_the_report() -> Iterator[None]:
    """Send what the user's code prints to stderr, also from C++, so that stdout holds the report alone."""
    finish(sys.stdout)
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with contextlib.redirect_stdout(cast("IO[str]", Forgiving(sys.stderr))):
            yield
    finally:
        _flush_c_streams()
        os.dup2(kept, 1)
        os.close(kept)


_stdout_is_the_scripts = False


def leave_stdout_to_the_script() -> None:
    """Send output during process exit to stdout, because there is no report on it."""
    close_what_was_closed()
    global _stdout_is_the_scripts  # noqa: PLW0603 - the process has one stdout
    _stdout_is_the_scripts = True


def send_the_rest_to_stderr() -> None:
    """Keep what is printed while the process ends from stdout: the report there is complete."""
    if _stdout_is_the_scripts:
        return
    finish(sys.stdout)
    finish(sys.stderr)
    with contextlib.suppress(OSError):
        os.dup2(2, 1)


def _flush_c_streams() -> None:
    """Write out what C code has printed so far, before its descriptor leads elsewhere."""
    import ctypes

    libc = ctypes.cdll.msvcrt if sys.platform == "win32" else ctypes.CDLL(None)
    libc.fflush(None)


class Progress:
    """One line on stderr that shows progress; nothing if stderr is not a terminal.

    It writes to a copy of the terminal's descriptor, so that it can be seen while `captured_stderr`
    keeps everybody else quiet.
    """

    def __init__(self) -> None:
        self._line = _Line("")
        self._live = _live(self._line) if sys.stderr.isatty() else None

    def __enter__(self) -> Progress:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._live is not None:
            self._live.stop()

    def say(self, doing: str) -> None:
        """Show what is being done."""
        self._line.doing, self._line.ops = doing, ()

    def watch(self, stage: str, steps: Sized) -> None:
        """Show a stage of what is being done, with the number of its steps (ops, edits) so far."""
        self._line.doing, self._line.ops = f"{self._line.doing.split(':')[0]}: {stage}", steps

    @contextlib.contextmanager
    def below_what_is_printed(self) -> Iterator[None]:
        """Put what Python code writes to stderr above the line, instead of into it."""
        if self._live is None:
            yield
            return
        above = _Above(self._live.console, sys.stderr)
        try:
            with contextlib.redirect_stderr(above):
                yield
        finally:
            above.finish()


def _live(line: _Line) -> Live:
    from rich.console import Console
    from rich.live import Live
    from rich.spinner import Spinner

    return Live(
        Spinner("dots", text=line),
        console=Console(file=os.fdopen(os.dup(2), "w", encoding="utf-8", errors="replace")),
        refresh_per_second=12.5,
        transient=True,
        # What rich would put in place of stdout and stderr takes a printed `[/red]` for markup.
        redirect_stdout=False,
        redirect_stderr=False,
    )


class _Above(io.TextIOBase):
    """A stream whose whole lines appear above a console's live line.

    Loggers may keep it for good: once finished, it hands everything on to the stream it stood for.
    """

    def __init__(self, console: Console, stream: IO[str]) -> None:
        self._console: Console | None = console
        self._stream = stream
        self._pending = ""

    def write(self, text: str) -> int:
        if self._console is None:
            return self._stream.write(text)
        lines, end, rest = (self._pending + text).rpartition("\n")
        self._pending = rest
        if end:
            from rich.text import Text

            # As a terminal would show them; what older versions of rich make of a `\r` is another line.
            left = [line.rstrip("\r").rpartition("\r")[2] for line in lines.split("\n")]
            self._console.print(Text.from_ansi("\n".join(left)), soft_wrap=True)
        return len(text)

    def finish(self) -> None:
        if self._pending:
            self.write("\n")
        self._console = None

    def isatty(self) -> bool:
        return self._stream.isatty()

    def fileno(self) -> int:
        return self._stream.fileno()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class _Line:
    """The text of the line, formatted each time it is drawn, so that counting costs the recording nothing."""

    def __init__(self, doing: str) -> None:
        self.doing = doing
        self.ops: Sized = ()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.text import Text

        count = f"  {len(self.ops):,}" if len(self.ops) else ""
        yield Text(f"{self.doing}{count}", overflow="ellipsis", no_wrap=True)
