"""The command line as a whole: what all commands share, and its exit."""

from __future__ import annotations

import contextlib
import errno
import io
import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from gradcheck._version import __version__
from gradcheck.cli.output import complain
from gradcheck.cli.typer_internals import Commands
from gradcheck.errors import FaultError, why
from gradcheck.system.streams import finish, open_what_is_closed

app = typer.Typer(
    name="gradcheck",
    cls=Commands,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # a help text in boxes takes twice as long as a plain one
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the command line."""
    open_what_is_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # `‖` must not end a run on an ASCII terminal
    try:
        app()
    except Exception as error:  # typer's own, or ours outside a command: one message, never a traceback
        complain(_outside_a_command(error))
        sys.exit(2)
    finally:
        from gradcheck.cli.terminal import send_the_rest_to_stderr

        send_the_rest_to_stderr()


_UNWRITABLE = (errno.EBADF, errno.EIO, errno.ENOSPC, errno.EFBIG)


def _outside_a_command(error: Exception) -> str:
    """Return what to say of an error that no command handles: typer writes help and complaints by itself."""
    if isinstance(error, OSError) and error.errno in _UNWRITABLE and error.filename is None:
        finish(sys.stdout)
        return f"cannot write to stdout: {error.strerror}"
    return str(FaultError(error))


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"gradcheck {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Find out why a vectorised loss trains worse.

    Compares the gradients of two formulations of a TensorFlow loss on identical frozen samples, and says
    where they differ and why.
    """
    with failing_with_a_message():
        from gradcheck.cli.defaults import defaults_for

        context.default_map = defaults_for(context)


@contextlib.contextmanager
def failing_with_a_message() -> Iterator[None]:
    """Turn what can go wrong into a message on stderr and exit code 2; 130 after Ctrl-C."""
    try:
        yield
    except typer.Exit:
        raise
    except KeyboardInterrupt as interrupt:
        complain(str(interrupt) or "interrupted")
        raise typer.Exit(130) from None
    except BaseException as error:  # not even SystemExit of the user's may pass for success
        complain(why(error))
        raise typer.Exit(2) from None
