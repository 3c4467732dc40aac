"""Every private or undocumented part of typer that gradcheck stands on.

No other file uses one, and `tests/execution/test_internals.py` shows the behaviour that is relied on.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

import typer
from typer.core import TyperGroup

from gradcheck.cli.output import complain
from gradcheck.system.streams import tell


class Commands(TyperGroup):
    """The commands; of what is wrong with an option they say what the reader can change.

    `typer.core.TyperGroup.invoke` is where values are converted, and what `typer.BadParameter.message` begins with
    where a function of ours converted one is typer's own. Public: none.
    """

    def make_context(self, *arguments: Any, **named: Any) -> Any:
        """Read the options in front of the command."""
        with _complaining_as_we_do():
            return super().make_context(*arguments, **named)

    def invoke(self, ctx: Any) -> Any:
        """Run a command, and leave out of a complaint what typer's parser calls it."""
        with _complaining_as_we_do():
            return super().invoke(ctx)


_UsageError: Any = typer.BadParameter.__base__
"""What typer raises of a command line that it cannot read, and shows with `show`. Public: `BadParameter` alone."""


@contextlib.contextmanager
def _complaining_as_we_do() -> Iterator[None]:
    try:
        yield
    except _UsageError as error:
        error.message = error.message.removeprefix("Value error, ")
        error.show = functools.partial(_show, error)
        raise


def _show(error: Any, file: Any = None) -> None:
    """Show what is wrong with a command line as every other error is shown, below how it is used."""
    if error.ctx is not None:
        tell(f"{error.ctx.get_usage()}\nTry '{error.ctx.command_path} --help' for help.\n\n")
    complain(error.format_message())
