"""``gradcheck fuzz``."""

from __future__ import annotations

import enum
import pathlib
import shlex
import sys
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from gradcheck.cli.app import app, failing_with_a_message
from gradcheck.cli.options import Seed, Settings, TargetArgument, parsed_settings, seconds, whole
from gradcheck.cli.output import check_file, check_output, complain, printed, start_tensorflow, write_to
from gradcheck.errors import TargetError
from gradcheck.system.interrupts import noticing_ctrl_c
from gradcheck.system.streams import tell

if TYPE_CHECKING:
    from gradcheck.fuzzing.result import FuzzResult


class FuzzFormat(enum.StrEnum):
    """How the result of a search is written."""

    table = "table"
    json = "json"


@app.command()
def fuzz(  # noqa: PLR0917 - typer makes an option of each parameter, named on the command line
    target: TargetArgument,
    examples: Annotated[
        int, typer.Option(parser=whole(1), metavar="N", help="Number of batches to generate.")
    ] = 100,
    budget: Annotated[
        float | None,
        typer.Option(parser=seconds, metavar="SECONDS", help="Time limit for each case; none by default."),
    ] = None,
    seed: Seed = 0,
    settings: Settings = None,
    repro: Annotated[
        pathlib.Path | None,
        typer.Option(
            metavar="FILE", help="Write the smallest batch to FILE, a Python file for `gradcheck diff`."
        ),
    ] = None,
    form: Annotated[FuzzFormat, typer.Option("--format", help="Output format.")] = FuzzFormat.table,
) -> None:
    """Search for the smallest batch on which the formulations differ.

    Exit code: 0 no such batch was found; 1 one was found, or one on which only one formulation raises; 2
    something could not be checked.
    """
    with failing_with_a_message(), noticing_ctrl_c():
        from gradcheck.fuzzing.result import could_not_fuzz, fuzz_exit_code
        from gradcheck.report.showable import showable

        check_output(None)
        check_file(repro)
        given = parsed_settings(settings or [])
        search = {"examples": examples, "budget": budget, "seed": seed, "settings": given}
        found = _fuzz_all(target, search, repro)
        results = showable(list(found.values()), lambda some: _text(form, some, sys.stdout), could_not_fuzz)
        for name, result in zip(found, results, strict=True):
            if result.outcome == "not checked":
                complain(f"{name}: {result.undecided or 'nothing was compared'}")
        write_to(None, lambda stdout: _text(form, results, stdout))
        if repro is not None:
            _write_repro(repro, target, found, given, form)
        raise typer.Exit(fuzz_exit_code(results))


def _fuzz_all(target: str, search: dict[str, Any], repro: pathlib.Path | None) -> dict[str, FuzzResult]:
    """Search for a counterexample to every case of `target`; there may be one alone where `repro` is wanted."""
    from gradcheck.cli.terminal import Progress, stdout_kept_for_the_report
    from gradcheck.targets.folders import working_folder
    from gradcheck.targets.loading import load

    working_folder()  # hypothesis cannot be imported without one
    with Progress() as progress:
        start_tensorflow(progress)
        from gradcheck.execution import check_eager
        from gradcheck.execution.run.freeze import seeded
        from gradcheck.fuzzing.api import fuzz_all
        from gradcheck.options import FuzzOptions

        progress.say(f"loading {target}")
        options = FuzzOptions(**search, watch=progress.watch)
        with (
            progress.below_what_is_printed(),
            stdout_kept_for_the_report(),
            seeded(options.seed),
        ):
            factories = load(target)
            check_eager()
            if repro is not None and len(factories) > 1:
                raise TargetError("--repro takes one case: name it (FILE.py:name)")
            return fuzz_all(factories, options, progress.say)


def _write_repro(
    repro: pathlib.Path,
    target: str,
    results: dict[str, FuzzResult],
    settings: dict[str, str],
    form: FuzzFormat,
) -> None:
    """Write the counterexample of the only case to `repro`, if there is one, and say so."""
    from gradcheck.cli.terminal import stdout_kept_for_the_report
    from gradcheck.fuzzing.reproduce import write_repro

    for name, result in results.items():
        if result.found:
            with stdout_kept_for_the_report():
                write_repro(repro, target, name, result, settings)
            tell_where = _print if form is FuzzFormat.table else tell
            tell_where(
                f"wrote {repro}; reproduce the result with: gradcheck diff {shlex.quote(str(repro))}\n"
            )


def _print(text: str) -> None:
    write_to(None, lambda _: text)


def _text(form: FuzzFormat, results: list[FuzzResult], file: IO[str]) -> str:
    if form is FuzzFormat.json:
        from gradcheck.report.json_document import to_json

        return to_json(results)
    from gradcheck.report.fuzz_table import render

    return printed([render(result) for result in results], file)
