"""The command line: parse, call, show, exit code. No decision is taken here.

What takes long to import is imported where it is used, so that ``--help`` answers at once.
"""

from __future__ import annotations

import contextlib
import enum
import io
import os
import pathlib
import sys
import traceback
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Annotated

import typer

from gradcheck._version import __version__
from gradcheck.errors import GradcheckError, TargetError

if TYPE_CHECKING:
    from gradcheck.loading import Factory
    from gradcheck.options import Options
    from gradcheck.report.report import Report
    from gradcheck.terminal import Progress

app = typer.Typer(
    name="gradcheck",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # a help text in boxes takes twice as long as a plain one
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Format(enum.StrEnum):
    """How a report is written."""

    table = "table"
    json = "json"
    github = "github"


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # `‖` must not end a run on an ASCII terminal
    try:
        app()
    except Exception:
        traceback.print_exc()
        _complain("this is a fault of gradcheck itself; please report it with the lines above")
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


@app.command()
def diff(  # noqa: PLR0917 - typer makes an option of each parameter, named on the command line
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
    trials: Annotated[
        int,
        typer.Option(min=1, help="Compare on this many batches, from consecutive seeds; shows the worst."),
    ] = 1,
    budget: Annotated[
        float, typer.Option(min=0, help="Seconds for trying repairs on a case that differs.")
    ] = 10.0,
    batch: Annotated[
        pathlib.Path | None, typer.Option(metavar="FILE", help="Take the batch from FILE (npz).")
    ] = None,
    save_batch: Annotated[
        pathlib.Path | None, typer.Option(metavar="FILE", help="Write the batch to FILE (npz).")
    ] = None,
    patch: Annotated[
        pathlib.Path | None,
        typer.Option(metavar="FILE", help="Write the verified fixes to FILE as a unified diff."),
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
    with _failing_with_a_message():
        from gradcheck.options import Options
        from gradcheck.report.report import exit_code

        for file in (output, save_batch, patch):
            _check_output(file)
        options = Options(
            seed=seed,
            settings=_settings(settings or []),
            trials=trials,
            budget=budget,
            batch=batch,
            save_batch=save_batch,
        )
        reports = _diff_all(target, options)
        for report in reports:
            if report.verdict == "inconclusive":
                _complain(f"{report.name}: {report.reason}")
        _write(form, reports, output)
        if patch is not None:
            _write_patch(patch, target, reports, options)
        raise typer.Exit(exit_code(reports))


@app.command()
def explain(
    cause: Annotated[
        str | None,
        typer.Argument(metavar="CAUSE", help="As in error[CAUSE]; left out, all causes are listed."),
    ] = None,
) -> None:
    """Explain a kind of mistake, with a wrong and a right example."""
    with _failing_with_a_message():
        from rich.console import Console

        from gradcheck.report.causes_page import explanation
        from gradcheck.terminal import write

        console = Console()
        with console.capture() as captured:
            console.print(explanation(cause))
        write(sys.stdout, captured.get())


@contextlib.contextmanager
def _failing_with_a_message() -> Iterator[None]:
    try:
        yield
    except GradcheckError as error:
        _complain(str(error))
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        _complain("interrupted")
        raise typer.Exit(130) from None


def _diff_all(target: str, options: Options) -> list[Report]:
    """Report on every case of `target`, with every random generator started from the seed."""
    from gradcheck.loading import load
    from gradcheck.terminal import Progress, stdout_kept_for_the_report

    with Progress() as progress:
        _start_tensorflow(progress)
        from gradcheck.execution.freeze import seeded

        progress.say(f"loading {target}")
        with progress.below_what_is_printed(), stdout_kept_for_the_report(), seeded(options.seed):
            factories = load(target)
            options.check(len(factories))
            return [_diff_one(factory, options, progress) for factory in factories]


def _diff_one(factory: Factory, options: Options, progress: Progress) -> Report:
    """Report on one case; that it cannot be checked does not keep others from it."""
    import dataclasses

    from gradcheck.pipeline import diff_factory
    from gradcheck.report.report import could_not_check

    progress.say(factory.name)
    try:
        return diff_factory(factory, dataclasses.replace(options, watch=progress.watch))
    except GradcheckError as error:
        return could_not_check(factory.name, str(error))


def _write_patch(path: pathlib.Path, target: str, reports: list[Report], options: Options) -> None:
    from gradcheck.patching import verified_patch
    from gradcheck.terminal import stdout_kept_for_the_report

    with stdout_kept_for_the_report():
        text = verified_patch(target, reports, options)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise GradcheckError(f"cannot write {path}: {error.strerror}") from error


def _start_tensorflow(progress: Progress) -> None:
    from gradcheck.terminal import captured_stderr

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    progress.say("loading TensorFlow")
    with captured_stderr():
        from gradcheck import execution

        execution.start()


def _settings(given: list[str]) -> dict[str, str]:
    pairs = [setting.partition("=") for setting in given]
    for setting, (name, equals, _) in zip(given, pairs, strict=True):
        if not (name and equals):
            raise TargetError(f"--set {setting}: expected NAME=VALUE, for example --set samples=500")
    return {name: value for name, _, value in pairs}


def _check_output(output: pathlib.Path | None) -> None:
    """Find out before the work that its result cannot be written; an existing file is not yet emptied."""
    if output is None:
        return
    if output.is_dir():
        raise GradcheckError(f"cannot write {output}: it is a folder")
    if not output.parent.is_dir():
        raise GradcheckError(f"cannot write {output}: there is no folder {output.parent}")
    if not os.access(output if output.exists() else output.parent, os.W_OK):
        raise GradcheckError(f"cannot write {output}: permission denied")


def _write(form: Format, reports: list[Report], output: pathlib.Path | None) -> None:
    from gradcheck.terminal import write

    try:
        if output is None:
            write(sys.stdout, _text(form, reports, sys.stdout))
            return
        with output.open("w", encoding="utf-8", errors="replace") as file:
            write(file, _text(form, reports, file))
    except OSError as error:
        raise GradcheckError(f"cannot write {output or 'to stdout'}: {error.strerror}") from error


def _text(form: Format, reports: list[Report], file: IO[str]) -> str:
    """Return what is to be written; a table has the width and the colours that suit `file`."""
    if form is Format.json:
        from gradcheck.report.document import to_json

        return to_json(reports)
    if form is Format.github:
        from gradcheck.report.github import to_github

        return to_github(reports)
    return _tables(reports, file)


def _tables(reports: list[Report], file: IO[str]) -> str:
    from rich.console import Console

    from gradcheck.report.table import render, summary

    console = Console(file=file)
    with console.capture() as captured:
        for report in reports:
            if report.losses:
                console.print(render(report))
        console.print(summary(reports))
    return captured.get()


def _complain(message: str) -> None:
    from rich.console import Console
    from rich.text import Text

    from gradcheck.terminal import write

    console = Console(stderr=True, soft_wrap=True)
    with console.capture() as captured:
        console.print(Text("error: ", style="bold red") + Text(message))
    write(sys.stderr, captured.get())
