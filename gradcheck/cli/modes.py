"""``gradcheck modes``."""

from __future__ import annotations

import enum
from typing import IO, TYPE_CHECKING, Annotated

import typer

from gradcheck.cli.app import app, failing_with_a_message
from gradcheck.cli.options import Output, Seed, Settings, TargetArgument, parsed_settings, seconds, whole
from gradcheck.cli.output import check_output, complain, printed, write_to
from gradcheck.running.registry import LIMIT, names_in
from gradcheck.system.interrupts import noticing_ctrl_c

if TYPE_CHECKING:
    from gradcheck.running.api import ModesOptions
    from gradcheck.running.result import ModesReport


class ModesFormat(enum.StrEnum):
    """How modes are written."""

    table = "table"
    json = "json"
    html = "html"
    markdown = "markdown"


class Formulation(enum.StrEnum):
    """Which formulation of a case is run."""

    candidate = "candidate"
    reference = "reference"


_Only = Annotated[
    str | None, typer.Option(metavar="MODE,...", help="Run only these modes, such as xla,float16.")
]


_Side = Annotated[Formulation, typer.Option(help="The formulation to run.")]


_Workers = Annotated[
    int,
    typer.Option(
        parser=whole(1),
        metavar="N",
        help="Number of worker processes for multi_worker and fit_workers; with 1 they are not run.",
    ),
]


_Limit = Annotated[
    float,
    typer.Option(parser=seconds, metavar="SECONDS", help="Time after which a mode is considered to hang."),
]


_ModesForm = Annotated[ModesFormat, typer.Option("--format", help="Output format.")]


@app.command(short_help="Run one formulation of a loss in several ways.")
def modes(  # noqa: PLR0917 - typer makes an option of each parameter, named on the command line
    target: TargetArgument,
    only: _Only = None,
    seed: Seed = 0,
    settings: Settings = None,
    side: _Side = Formulation.candidate,
    workers: _Workers = 1,
    limit: _Limit = LIMIT,
    form: _ModesForm = ModesFormat.table,
    output: Output = None,
) -> None:
    """Run one formulation of each case in TARGET in several ways, and compare each gradient with float64.

    The modes include a graph, XLA, half precision, micro-batches, Keras's fit, and replicas.

    Exit code: 0 no mode differs; 1 a mode differs; 2 something could not be judged.
    """
    with failing_with_a_message(), noticing_ctrl_c():
        from gradcheck.running.api import ModesOptions
        from gradcheck.running.result import exit_code

        check_output(output)
        options = ModesOptions(
            only=names_in(only or ""),
            seed=seed,
            settings=parsed_settings(settings or []),
            side=side.value,
            workers=workers,
            limit=limit,
        )
        reports = _run(target, options)
        for report in reports:
            if report.reason:
                complain(f"{report.name}: {report.reason}")
        write_to(output, lambda file: _text(form, reports, file))
        raise typer.Exit(exit_code(reports))


def _run(target: str, options: ModesOptions) -> list[ModesReport]:
    import dataclasses

    from gradcheck.cli.terminal import Progress
    from gradcheck.running.api import modes_of_target

    with Progress() as progress:
        progress.say(f"loading {target}")
        told = dataclasses.replace(
            options, begins=lambda case, mode: progress.say(f"{case}: {mode or 'loading'}")
        )
        return modes_of_target(target, told)


def _text(form: ModesFormat, reports: list[ModesReport], file: IO[str]) -> str:
    from gradcheck.report.documents import OF_MODES
    from gradcheck.report.modes_table import render

    if form in OF_MODES:
        return OF_MODES[form](reports)
    return printed([render(report) for report in reports if report.rows], file)
