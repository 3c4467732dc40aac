"""Where results and complaints are written."""

from __future__ import annotations

import os
import pathlib
import re
import sys
from collections.abc import Callable, Iterable
from typing import IO, TYPE_CHECKING

from gradcheck.errors import GradcheckError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from gradcheck.terminal import Progress


def check_output(output: pathlib.Path | None) -> None:
    """Find out before the work that its result cannot be written; an existing file is not yet emptied."""
    if output is None:
        return
    if output.is_dir():
        raise GradcheckError(f"cannot write {output}: it is a folder")
    if not output.parent.is_dir():
        raise GradcheckError(f"cannot write {output}: there is no folder {output.parent}")
    if not os.access(output if output.exists() else output.parent, os.W_OK):
        raise GradcheckError(f"cannot write {output}: permission denied")


def write_to(output: pathlib.Path | None, text_for: Callable[[IO[str]], str]) -> None:
    """Write to `output`, or to stdout, what `text_for` makes of it."""
    from gradcheck.terminal import write

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

    from gradcheck.terminal import write

    console = Console(stderr=True, soft_wrap=True)
    with console.capture() as captured:
        console.print(Text("error: ", style="bold red") + Text(message))
    write(sys.stderr, captured.get())


def start_tensorflow(progress: Progress) -> None:
    """Import TensorFlow with its start-up lines kept from the terminal."""
    from gradcheck.terminal import captured_stderr

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    progress.say("loading TensorFlow")
    with captured_stderr():
        from gradcheck import execution

        execution.start()


def printed(parts: Iterable[RenderableType], file: IO[str]) -> str:
    """Return what rich prints, in the width and the colours that suit `file`."""
    from rich.console import Console

    console = Console(file=file)
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    # rich fills the lines of a block up to its width.
    return re.sub(r" +$", "", captured.get(), flags=re.MULTILINE)
