"""The command line: parse, call, show, exit code. No decision is taken here."""

from __future__ import annotations

import contextlib
import enum
import os
import pathlib
import sys
from collections.abc import Iterator
from typing import IO, Annotated

import typer
from rich.console import Console
from rich.text import Text

from gradcheck._version import __version__
from gradcheck.errors import GradcheckError, TargetError
from gradcheck.loading import load
from gradcheck.pipeline import Options, diff_factory
from gradcheck.report.document import to_json
from gradcheck.report.github import to_github
from gradcheck.report.report import Report, could_not_check, exit_code
from gradcheck.report.table import render, summary
from gradcheck.terminal import Progress, captured_stderr, stdout_kept_for_the_report

app = typer.Typer(
    name="gradcheck",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Format(enum.StrEnum):
    """How a report is written."""

    table = "table"
    json = "json"
    github = "github"


def main() -> None:
    """Run the command line."""
    app()


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


@app.command()
def diff(
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET",
            help="FILE.py, FILE.py:name, MODULE or MODULE:name; with no name, every case in it.",
        ),
    ],
    seed: Annotated[
        int, typer.Option(min=0, max=2**32 - 1, help="Seed of the run, and of the factory's `seed`.")
    ] = 0,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Set a parameter of the factory; may be repeated."),
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="How to write the report.")] = Format.table,
    output: Annotated[
        pathlib.Path | None, typer.Option(metavar="FILE", help="Write the report to FILE instead of stdout.")
    ] = None,
) -> None:
    """Compare the gradients of both formulations of each case in TARGET.

    Exit code: 0 all are equivalent; 1 something is different, unstable or vacuous; 2 something could not
    be checked.
    """
    try:
        reports = _diff_all(target, seed, _settings(settings or []))
        _write(form, reports, output)
    except GradcheckError as error:
        _complain(str(error))
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        _complain("interrupted")
        raise typer.Exit(130) from None
    raise typer.Exit(exit_code(reports))


def _diff_all(target: str, seed: int, settings: dict[str, str]) -> list[Report]:
    """Report on every case of `target`; a case that cannot be checked does not keep others from it."""
    reports = []
    with Progress() as progress, stdout_kept_for_the_report():
        _start_tensorflow(progress)
        progress.say(f"loading {target}")
        for factory in load(target):
            progress.say(factory.name)
            try:
                reports.append(
                    diff_factory(factory, Options(seed=seed, settings=settings, watch=progress.watch))
                )
            except GradcheckError as error:
                reports.append(could_not_check(factory.name, str(error)))
    return reports


def _start_tensorflow(progress: Progress) -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    progress.say("loading TensorFlow")
    with captured_stderr():
        from gradcheck import execution

        execution.start()


def _settings(given: list[str]) -> dict[str, str]:
    pairs = [setting.partition("=") for setting in given]
    for name, equals, _ in pairs:
        if not (name and equals):
            raise TargetError(f"--set {name or '='}: expected NAME=VALUE, for example --set samples=500")
    return {name: value for name, _, value in pairs}


def _write(form: Format, reports: list[Report], output: pathlib.Path | None) -> None:
    for report in reports:
        if not report.losses:
            _complain(f"{report.name}: {report.reason}")
    if form is Format.table:
        _write_tables(reports, output)
        return
    text = to_json(reports) if form is Format.json else to_github(reports)
    with _opened(output) as file:
        file.write(text)


def _write_tables(reports: list[Report], output: pathlib.Path | None) -> None:
    with _opened(output) as file:
        console = Console(file=file)
        for report in reports:
            if report.losses:
                console.print(render(report))
        console.print(summary(reports))


@contextlib.contextmanager
def _opened(output: pathlib.Path | None) -> Iterator[IO[str]]:
    if output is None:
        yield sys.stdout
        return
    try:
        with output.open("w", encoding="utf-8") as file:
            yield file
    except OSError as error:
        raise GradcheckError(f"cannot write {output}: {error.strerror}") from error


def _complain(message: str) -> None:
    console = Console(stderr=True, soft_wrap=True)
    console.print(Text("error: ", style="bold red") + Text(message))
