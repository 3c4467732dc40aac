"""``gradcheck run``."""

from __future__ import annotations

import pathlib
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from gradcheck.cli.app import app, failing_with_a_message
from gradcheck.cli.output import printed

if TYPE_CHECKING:
    from rich.console import RenderableType

    from gradcheck.findings import Finding


@app.command(context_settings={"allow_interspersed_args": False, "ignore_unknown_options": True})
def run(
    script: Annotated[pathlib.Path, typer.Argument(metavar="SCRIPT", help="A Python script that trains.")],
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="ARGS", help="The script's own arguments.")
    ] = None,
) -> None:
    """Run SCRIPT as it is, and say afterwards in which expressions samples met each other.

    The script runs as `python SCRIPT ARGS` would run it, under `gradcheck.guard`. What was found is written
    to stderr at the end. Exit code: the script's own; 1 if it ended well, but something was found.
    """
    with failing_with_a_message():
        from gradcheck.running import run_script
        from gradcheck.terminal import leave_stdout_to_the_script

        leave_stdout_to_the_script()
        outcome = run_script(script, arguments or [])
        if outcome.findings:
            _tell(outcome.findings)
        raise typer.Exit(outcome.exit_code)


def _tell(findings: Sequence[Finding]) -> None:
    from gradcheck.terminal import write

    write(sys.stderr, printed(_parts(findings), sys.stderr))


def _parts(findings: Sequence[Finding]) -> Iterator[RenderableType]:
    from rich.text import Text

    from gradcheck.report.snippet import Snippet

    for finding in findings:
        yield from (Snippet(finding), "")
    yield Text(f"gradcheck: {len(findings)} finding{'s' if len(findings) > 1 else ''}")
