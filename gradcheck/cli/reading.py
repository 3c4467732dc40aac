"""``gradcheck explain`` and ``gradcheck new``: documentation and a template."""

from __future__ import annotations

import pathlib
import shlex
from typing import Annotated

import typer

from gradcheck.cli.app import app, failing_with_a_message
from gradcheck.cli.output import check_output, printed, write_to


@app.command()
def explain(
    cause: Annotated[
        str | None,
        typer.Argument(metavar="CAUSE", help="The CAUSE in error[CAUSE]; if omitted, all causes are listed."),
    ] = None,
) -> None:
    """Explain a kind of mistake, with a wrong and a right example."""
    with failing_with_a_message():
        from gradcheck.report.causes_page import explanation

        write_to(None, lambda stdout: printed([explanation(cause)], stdout))


@app.command()
def new(
    file: Annotated[
        pathlib.Path, typer.Argument(metavar="FILE", help="The file to write, such as my_case.py.")
    ],
) -> None:
    """Write a commented template for a case; it runs as it is."""
    with failing_with_a_message():
        from gradcheck.cli.template import write_new

        check_output(None)
        write_new(file)
        write_to(None, lambda _: f"wrote {file}; try it: gradcheck diff {shlex.quote(str(file))}\n")
