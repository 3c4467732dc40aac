"""Where results and error messages are written."""

from __future__ import annotations

import os
import pathlib
import re
import sys
from collections.abc import Callable, Iterable
from typing import IO, TYPE_CHECKING, cast

from gradcheck.errors import GradcheckError
from gradcheck.system.streams import Forgiving, is_missing, tell, write

if TYPE_CHECKING:
    from rich.console import RenderableType

    from gradcheck.cli.terminal import Progress


def check_output(output: pathlib.Path | None) -> None:
    """Find out before the work that its result cannot be written; an existing file is not yet emptied.

    None means stdout.
    """
    if output is not None:
        check_file(output)
    elif is_missing(sys.stdout):
        raise GradcheckError("cannot write to stdout: it is closed; redirect it, for example to a file")


def check_file(file: pathlib.Path | None) -> None:
    """Check before the work whether a file can be written; None if none is requested."""
    if file is None:
        return
    try:
        obstacle = _obstacle(file)
    except OSError as error:  # a name that is too long
        obstacle = error.strerror
    if obstacle:
        raise GradcheckError(f"cannot write {file}: {obstacle}")


def _obstacle(file: pathlib.Path) -> str | None:
    if file.is_dir():
        return "it is a folder"
    if not file.parent.is_dir():
        return f"there is no folder {file.parent}"
    if not os.access(file if file.exists() else file.parent, os.W_OK):
        return "permission denied"
    return None


def write_to(output: pathlib.Path | None, text_for: Callable[[IO[str]], str]) -> None:
    """Write the text from `text_for` to `output`, or to stdout."""
    try:
        if output is None:
            write(sys.stdout, text_for(sys.stdout))
            return
        with output.open("w", encoding="utf-8", errors="replace") as file:
            write(file, text_for(file))
    except OSError as error:
        raise GradcheckError(f"cannot write {output or 'to stdout'}: {error.strerror}") from error


def complain(message: str) -> None:
    """Write an error to stderr."""
    from rich.console import Console
    from rich.text import Text

    console = Console(file=_forgiving(sys.stderr))
    with console.capture() as captured:
        # Only for a reader: a program that looks for a message is to find it on one line.
        console.print(Text("error: ", style="bold red") + Text(message), soft_wrap=not console.is_terminal)
    tell(captured.get())


def start_tensorflow(progress: Progress) -> None:
    """Import TensorFlow with its start-up lines kept from the terminal."""
    from gradcheck.cli.terminal import captured_stderr

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    progress.say("loading TensorFlow")
    with captured_stderr():
        from gradcheck import execution

        execution.start()


def _forgiving(stream: IO[str] | None) -> IO[str] | None:
    """Return what rich may ask about a terminal: it also writes, an empty text, which a full device refuses."""
    return None if stream is None else cast("IO[str]", Forgiving(stream))


def printed(parts: Iterable[RenderableType], file: IO[str]) -> str:
    """Return what rich prints, in the width and the colours that suit `file`."""
    from rich.console import Console

    console = Console(file=_forgiving(file))
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    # rich fills the lines of a block up to its width.
    return re.sub(r" +$", "", captured.get(), flags=re.MULTILINE)
