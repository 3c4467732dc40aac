"""``gradcheck run``."""

from __future__ import annotations

import contextlib
import pathlib
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import IO, TYPE_CHECKING, Annotated

import typer

from gradcheck.cli.app import app, failing_with_a_message
from gradcheck.cli.output import printed
from gradcheck.system.streams import tell, write

if TYPE_CHECKING:
    from rich.console import RenderableType

    from gradcheck.findings import Finding
    from gradcheck.training.script import ScriptOutcome


@app.command(context_settings={"allow_interspersed_args": False, "ignore_unknown_options": True})
def run(
    script: Annotated[str, typer.Argument(metavar="SCRIPT", help="A Python script that trains.")],
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="ARGS", help="The script's own arguments.")
    ] = None,
    is_module: Annotated[
        bool, typer.Option("-m", help="SCRIPT is a module, such as package.module, as with `python -m`.")
    ] = False,
) -> None:
    """Run SCRIPT and report expressions that broadcast samples against each other.

    The script runs as under `python SCRIPT ARGS`, watched by `gradcheck.guard`. Findings are written to
    stderr when they are seen, and again at the end. Exit code: the script's own; 1 if it succeeded but
    something was found; 130 after Ctrl-C.
    """
    with failing_with_a_message():
        from gradcheck.cli.terminal import leave_stdout_to_the_script
        from gradcheck.training import script as running

        leave_stdout_to_the_script()
        program = running.module(script) if is_module else running.script(pathlib.Path(script))
        outcome = running.run_guarded(program, arguments or [], _shown_on(sys.stderr))
        _tell(outcome)
        raise typer.Exit(outcome.exit_code)


def _shown_on(stream: IO[str] | None) -> Callable[[Finding], None]:
    """Return a function that writes a finding to a stream: the real stderr, even if the script replaces it."""

    def show(finding: Finding) -> None:
        from gradcheck.report.snippet import to_line

        with contextlib.suppress(OSError):  # there is nowhere to say that it takes nothing
            write(stream, f"gradcheck: {to_line(finding)}\n")

    return show


def _tell(outcome: ScriptOutcome) -> None:
    if outcome.findings:
        tell(printed(_parts(outcome.findings, outcome.ending.why), sys.stderr))
    else:
        tell(f"gradcheck: {_nothing(outcome.ops_seen, outcome.ending.why)}\n")
    if outcome.failed:
        tell("gradcheck: not everything was checked: see the warning above\n")


def _until(why: str) -> str:
    """Return how the script ended, if it did not run to completion."""
    return f" before the script {why}" if why else ""


def _nothing(ops_seen: int | None, why: str) -> str:
    """Return a line for the case that nothing was found."""
    if not ops_seen:
        nothing = "no TensorFlow op was seen in the script's main thread"
        without = "the script did not import TensorFlow" if ops_seen is None else nothing
        return f"nothing was watched: {without}" + (f"; it {why}" if why else "")
    ops = "1 op" if ops_seen == 1 else f"{ops_seen:,} ops"
    return (
        f"nothing found in {ops}{_until(why)}; looked only for samples that are broadcast against each other; "
        "for other causes, use gradcheck diff"
    )


def _parts(findings: Sequence[Finding], why: str) -> Iterator[RenderableType]:
    from rich.text import Text

    from gradcheck.report.snippet import Snippet

    for finding in findings:
        yield from (Snippet(finding), "")
    yield Text(f"gradcheck: {len(findings)} finding{'s' if len(findings) > 1 else ''}{_until(why)}")
