"""``gradcheck run``."""

from __future__ import annotations

import pathlib
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from gradcheck.cli.app import app, failing_with_a_message
from gradcheck.cli.output import printed
from gradcheck.streams import tell

if TYPE_CHECKING:
    from rich.console import RenderableType

    from gradcheck.findings import Finding
    from gradcheck.running import Outcome


@app.command(context_settings={"allow_interspersed_args": False, "ignore_unknown_options": True})
def run(
    script: Annotated[pathlib.Path, typer.Argument(metavar="SCRIPT", help="A Python script that trains.")],
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="ARGS", help="The script's own arguments.")
    ] = None,
) -> None:
    """Run SCRIPT as it is, and say afterwards in which expressions samples met each other.

    The script runs as `python SCRIPT ARGS` would run it, under `gradcheck.guard`. What was found is written
    to stderr at the end, or that nothing was. Exit code: the script's own; 1 if it ended well, but
    something was found.
    """
    with failing_with_a_message():
        from gradcheck.running import run_script
        from gradcheck.terminal import leave_stdout_to_the_script

        leave_stdout_to_the_script()
        outcome = run_script(script, arguments or [])
        _tell(outcome)
        raise typer.Exit(outcome.exit_code)


def _tell(outcome: Outcome) -> None:
    if outcome.findings:
        tell(printed(_parts(outcome.findings), sys.stderr))
    else:
        tell(f"gradcheck: {_nothing(outcome.ops_seen)}\n")


def _nothing(ops_seen: int | None) -> str:
    """Return what it means that nothing was found."""
    if ops_seen is None:
        return "nothing was watched: the script did not import TensorFlow"
    if ops_seen == 0:
        return "nothing was watched: no op of TensorFlow was seen in the script's main thread"
    ops = "1 op" if ops_seen == 1 else f"{ops_seen:,} ops"
    return (
        f"nothing found in {ops}; looked only for samples that meet each other; other causes: gradcheck diff"
    )


def _parts(findings: Sequence[Finding]) -> Iterator[RenderableType]:
    from rich.text import Text

    from gradcheck.report.snippet import Snippet

    for finding in findings:
        yield from (Snippet(finding), "")
    yield Text(f"gradcheck: {len(findings)} finding{'s' if len(findings) > 1 else ''}")
