"""The command line as a whole: what all commands share, and how it ends."""

from __future__ import annotations

import contextlib
import io
import sys
import traceback
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from gradcheck._version import __version__
from gradcheck.cli.output import complain
from gradcheck.errors import GradcheckError


class _Commands(TyperGroup):
    """The commands; of what is wrong with an option they say what the reader can change."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command, and leave out of a complaint what typer's parser calls it."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            error.message = error.message.removeprefix("Value error, ")
            raise


app = typer.Typer(
    name="gradcheck",
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # a help text in boxes takes twice as long as a plain one
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # `‖` must not end a run on an ASCII terminal
    try:
        app()
    except Exception:
        traceback.print_exc()
        complain("this is a fault of gradcheck itself; please report it with the lines above")
        sys.exit(2)
    finally:
        from gradcheck.terminal import send_the_rest_to_stderr

        send_the_rest_to_stderr()


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"gradcheck {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Find out why a vectorised loss trains worse.

    Compares the gradients of two formulations of a TensorFlow loss on identical frozen samples, and says
    where they differ and why.
    """


@contextlib.contextmanager
def failing_with_a_message() -> Iterator[None]:
    """Turn what can go wrong into a message on stderr and exit code 2; 130 after Ctrl-C."""
    try:
        yield
    except GradcheckError as error:
        complain(str(error))
        raise typer.Exit(2) from None
    except KeyboardInterrupt as interrupt:
        complain(str(interrupt) or "interrupted")
        raise typer.Exit(130) from None
