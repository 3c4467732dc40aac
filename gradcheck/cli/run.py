"""``gradcheck run``."""

from __future__ import annotations

import contextlib
import enum
import pathlib
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import IO, TYPE_CHECKING, Annotated

import typer

from gradcheck.cli.app import app, failing_with_a_message
from gradcheck.cli.baseline import BaselineOption, WriteOption, using_baseline
from gradcheck.cli.output import check_output, printed, write_to
from gradcheck.errors import GradcheckError
from gradcheck.system.streams import tell, write

if TYPE_CHECKING:
    from rich.console import RenderableType

    from gradcheck.findings import Finding
    from gradcheck.report.run_report import RunReport
    from gradcheck.training.save_case import CaseSaver
    from gradcheck.training.script import Alongside, ScriptOutcome
    from gradcheck.training.single_samples import SampleCheck, SingleSamples


class RunFormat(enum.StrEnum):
    """How a report on a script is written."""

    table = "table"
    json = "json"
    html = "html"
    markdown = "markdown"


_Form = Annotated[RunFormat, typer.Option("--format", help="How to write the report.")]


_Output = Annotated[
    pathlib.Path | None, typer.Option(metavar="FILE", help="Write the report to FILE as well.")
]


_SaveCase = Annotated[
    pathlib.Path | None,
    typer.Option(
        metavar="FILE", help="Write the loss of one gradient, with everything it reads, to FILE as a case."
    ),
]


_Check = Annotated[
    bool, typer.Option("--check", help="For a few steps, compare each loss with itself on single samples.")
]


_At = Annotated[
    str | None,
    typer.Option(metavar="FILE:LINE", help="Which gradient --save-case takes; by default the first."),
]


@app.command(context_settings={"allow_interspersed_args": False, "ignore_unknown_options": True})
def run(  # noqa: PLR0917 - typer makes an option of each parameter, named on the command line
    script: Annotated[str, typer.Argument(metavar="SCRIPT", help="A Python script that trains.")],
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="ARGS", help="The script's own arguments.")
    ] = None,
    is_module: Annotated[
        bool, typer.Option("-m", help="SCRIPT is a module, such as package.module, as with `python -m`.")
    ] = False,
    form: _Form = RunFormat.table,
    output: _Output = None,
    save_case: _SaveCase = None,
    at: _At = None,
    check: _Check = False,
    baseline: BaselineOption = None,
    write_baseline: WriteOption = False,
) -> None:
    """Run SCRIPT and report what is wrong with the gradients it takes.

    The script runs as under `python SCRIPT ARGS`, watched by `gradcheck.guard`. At the end, stderr shows every
    place where gradients are taken, a row per variable, and the findings. A format other than table is written to
    FILE, or to stdout; in that case the script's own output goes to stderr. Exit code: the script's own; 1 if it
    succeeded but something was found; 130 after Ctrl-C. With `--save-case`, the script is ended once the case is
    complete.
    """
    with failing_with_a_message():
        from gradcheck.training import script as running

        on_stdout = form is not RunFormat.table and output is None
        if on_stdout or output is not None:
            check_output(output)
        program = running.module(script) if is_module else running.script(pathlib.Path(script))
        saver, checker = _saver(save_case, at), _checker(check, save_case)
        with using_baseline(baseline, write_baseline) as use:
            with _stdout(on_stdout):
                outcome = running.run_guarded(
                    program, arguments or [], _shown_on(sys.stderr), _alongside(saver or checker)
                )
            outcome, checks = (outcome, []) if checker is None else checker.concluded(outcome)
            use.add((each.cause, each.span) for each in outcome.findings if each.span is not None)
        if on_stdout or output is not None:
            write_to(output, lambda file: _text(form, _report(outcome, _lines_on(checks)), file))
        _tell(outcome, is_checked=check)
        for line in _lines_on(checks):
            tell(f"gradcheck: {line}\n")
        use.tell()
        is_saved = saver is None or _save(saver)
        raise typer.Exit(_exit_code(outcome, is_saved, write_baseline))


def _exit_code(outcome: ScriptOutcome, is_saved: bool, is_known: bool) -> int:
    """Return the code of an outcome, the findings of which may be known by now."""
    if not is_saved:
        return outcome.ending.code or 2
    return outcome.ending.code or 2 * outcome.failed if is_known else outcome.exit_code


def _alongside(waiting: CaseSaver | SingleSamples | None) -> Alongside:
    return contextlib.nullcontext if waiting is None else waiting.waiting


def _checker(wanted: bool, save_case: pathlib.Path | None) -> SingleSamples | None:
    if not wanted:
        return None
    if save_case is not None:
        raise GradcheckError(
            "--check and --save-case cannot be combined: check the saved case with gradcheck diff"
        )
    from gradcheck.training.single_samples import SingleSamples

    return SingleSamples()


def _lines_on(checks: Sequence[SampleCheck]) -> tuple[str, ...]:
    from gradcheck.training.saved_case_wording import line_on_check

    return tuple(map(line_on_check, checks))


def _saver(file: pathlib.Path | None, at: str | None) -> CaseSaver | None:
    if file is None:
        if at is not None:
            raise GradcheckError("--at selects the gradient for --save-case: add --save-case FILE")
        return None
    from gradcheck.cli.template import check_new
    from gradcheck.training.save_case import CaseSaver, place_wanted

    for path in (file, file.with_suffix(".npz")):
        check_new(path, path.suffix)
    return CaseSaver(file, place_wanted(at))


def _save(saver: CaseSaver) -> bool:
    """Write the case and say what came of it; return whether it is what the script computed."""
    from gradcheck.training.save_case import NotSavedError
    from gradcheck.training.saved_case_wording import lines_on

    try:
        saved = saver.written()
    except NotSavedError as error:
        tell(f"gradcheck: {error}\n")
        return False
    for line in lines_on(saved):
        tell(f"gradcheck: {line}\n")
    return not saved.wrong


def _stdout(for_the_report: bool) -> contextlib.AbstractContextManager[None]:
    """Keep stdout for the report, or leave it to the script, until the process has ended."""
    from gradcheck.cli.terminal import leave_stdout_to_the_script, stdout_kept_for_the_report

    if for_the_report:
        return stdout_kept_for_the_report()
    leave_stdout_to_the_script()
    return contextlib.nullcontext()


def _report(outcome: ScriptOutcome, checks: tuple[str, ...] = ()) -> RunReport:
    from gradcheck.report.run_report import RunReport

    return RunReport(outcome.places, outcome.findings, outcome.ending.why, checks)


def _text(form: RunFormat, report: RunReport, file: IO[str]) -> str:
    from gradcheck.report.documents import OF_A_RUN

    return OF_A_RUN[form](report) if form in OF_A_RUN else printed(_parts(report), file)


def _shown_on(stream: IO[str] | None) -> Callable[[Finding], None]:
    """Return a function that writes a finding to a stream: the real stderr, even if the script replaces it."""

    def show(finding: Finding) -> None:
        from gradcheck.report.snippet import to_line

        with contextlib.suppress(OSError):  # there is nowhere to say that it takes nothing
            write(stream, f"gradcheck: {to_line(finding)}\n")

    return show


def _tell(outcome: ScriptOutcome, *, is_checked: bool) -> None:
    if outcome.findings or outcome.places:
        tell(printed(_parts(_report(outcome)), sys.stderr))
    if not outcome.findings:
        tell(f"gradcheck: {_nothing(outcome, is_checked)}\n")
    if outcome.failed:
        tell("gradcheck: not everything was checked: see the warning above\n")


def _until(why: str) -> str:
    """Return how the script ended, if it did not run to completion."""
    return f" before the script {why}" if why else ""


def _nothing(outcome: ScriptOutcome, is_checked: bool) -> str:
    """Return a line for the case that nothing was found."""
    ops_seen, why = outcome.ops_seen, outcome.ending.why
    if not ops_seen:
        nothing = "no TensorFlow op was seen in the script's main thread"
        without = "the script did not import TensorFlow" if ops_seen is None else nothing
        return f"nothing was watched: {without}" + (f"; it {why}" if why else "")
    ops = "1 op" if ops_seen == 1 else f"{ops_seen:,} ops"
    calls = sum(place.calls for place in outcome.places)
    gradients = "1 gradient" if calls == 1 else f"{calls:,} gradients"
    more = "gradcheck diff" if is_checked else "gradcheck run --check or gradcheck diff"
    return f"nothing found in {ops} and {gradients}{_until(why)}; for other causes, try {more}"


def _parts(report: RunReport) -> Iterator[RenderableType]:
    from rich.text import Text

    from gradcheck.report.health_table import render

    yield from render(report)
    count = len(report.findings)
    if count:
        yield Text(f"gradcheck: {count} finding{'s' if count > 1 else ''}{_until(report.ended)}")
