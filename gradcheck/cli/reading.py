"""``gradcheck explain``, ``gradcheck schema`` and ``gradcheck new``: documentation and a template."""

from __future__ import annotations

import enum
import pathlib
import shlex
import sys
from typing import Annotated

import typer

from gradcheck.cli.app import app, failing_with_a_message
from gradcheck.cli.options import Output
from gradcheck.cli.output import check_output, printed, start_tensorflow, write_to
from gradcheck.errors import TargetError


def _causes() -> list[str]:
    """Return what a shell may complete."""
    from gradcheck.causes import names

    return list(names())


@app.command()
def explain(
    cause: Annotated[
        str | None,
        typer.Argument(
            metavar="CAUSE",
            help="The CAUSE in error[CAUSE], or a verdict; if omitted, all causes are listed.",
            autocompletion=_causes,
        ),
    ] = None,
) -> None:
    """Explain a kind of mistake, with a wrong and a right example."""
    with failing_with_a_message():
        from gradcheck.report.causes_page import explanation

        write_to(None, lambda stdout: printed([explanation(cause)], stdout))


class Document(enum.StrEnum):
    """A command that writes a JSON document."""

    diff = "diff"
    shapes = "shapes"
    fuzz = "fuzz"
    run = "run"
    modes = "modes"


@app.command()
def schema(
    command: Annotated[Document, typer.Argument(metavar="COMMAND", help="diff, shapes, fuzz, run or modes.")],
    output: Output = None,
) -> None:
    """Print the JSON schema of what a command writes with `--format json`."""
    with failing_with_a_message():
        from gradcheck.report.schema import to_text

        check_output(output)
        write_to(output, lambda _: to_text(command))


_From = Annotated[
    str | None,
    typer.Option(
        "--from", metavar="TARGET", help="FILE.py:name or MODULE:name of a function to write it for."
    ),
]


_Inputs = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        metavar="NAME=DTYPE[SHAPE]",
        help="An argument of that function, such as x=float32[32,4]; or an npz FILE of them. May be repeated.",
    ),
]


_Call = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="A function of the same module that calls it, to take its arguments from."
    ),
]


@app.command(short_help="Write a template for a case, or a case for a function.")
def new(
    file: Annotated[
        pathlib.Path, typer.Argument(metavar="FILE", help="The file to write, such as my_case.py.")
    ],
    source: _From = None,
    inputs: _Inputs = None,
    call: _Call = None,
) -> None:
    """Write a commented template for a case, or a case for an existing function; it runs as it is."""
    with failing_with_a_message():
        from gradcheck.cli.template import check_new, template_for, write_new

        check_output(None)
        check_new(file)
        if source is None and (inputs or call):
            raise TargetError("--input and --call are for a function: name it with --from FILE.py:name")
        write_new(file, template_for(file) if source is None else _case_of(source, file, inputs or [], call))
        write_to(None, lambda _: f"wrote {file}; try it: gradcheck diff {shlex.quote(str(file))}\n")


def _case_of(target: str, file: pathlib.Path, inputs: list[str], call: str | None) -> str:
    from gradcheck.cli.terminal import Progress, stdout_kept_for_the_report
    from gradcheck.training.case_of_function import case_of_function

    with Progress() as progress:
        start_tensorflow(progress)
        from gradcheck.execution.run.freeze import seeded

    # What is missing is asked for, which a progress display would write over.
    ask = _ask if sys.stdin is not None and sys.stdin.isatty() else None
    with stdout_kept_for_the_report(), seeded(0):
        return case_of_function(target, file, inputs=inputs, call=call, ask=ask)


def _ask(name: str) -> str:
    return str(typer.prompt(f"{name}: its dtype and shape, such as float32[32,4]", err=True))
