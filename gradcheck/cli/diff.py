"""``gradcheck diff``."""

from __future__ import annotations

import enum
import pathlib
import shlex
import sys
from collections.abc import Mapping, Sequence
from typing import IO, TYPE_CHECKING, Annotated

import typer

from gradcheck.cli.app import app, failing_with_a_message
from gradcheck.cli.baseline import BaselineOption, WriteOption, using_baseline
from gradcheck.cli.options import OptionalTarget, Output, Seed, Settings, parsed_settings, seconds, whole
from gradcheck.cli.output import check_file, check_output, complain, printed, start_tensorflow, write_to
from gradcheck.cli.watch import WatchOption, watch_if_wanted
from gradcheck.errors import GradcheckError
from gradcheck.system.held_warnings import SOFTMAX_OVER_ONE, holding_back
from gradcheck.system.interrupts import noticing_ctrl_c
from gradcheck.system.streams import tell

if TYPE_CHECKING:
    from gradcheck.cli.terminal import Progress
    from gradcheck.comparison.patch import Patch
    from gradcheck.comparison.report import Report
    from gradcheck.options import Options
    from gradcheck.targets.chosen import Chosen
    from gradcheck.targets.loading import Factory
    from gradcheck.training.script_pairs import ScriptTarget


class Format(enum.StrEnum):
    """How a report is written."""

    table = "table"
    json = "json"
    github = "github"
    html = "html"
    markdown = "markdown"
    sarif = "sarif"


_Trials = Annotated[
    int,
    typer.Option(
        parser=whole(1),
        metavar="N",
        help="Number of batches to compare, from consecutive seeds; the worst is shown.",
    ),
]


_Work = Annotated[
    int,
    typer.Option(parser=whole(0), metavar="OPS", help="Maximum number of ops to replay when trying fixes."),
]


_Budget = Annotated[
    float | None,
    typer.Option(parser=seconds, metavar="SECONDS", help="Time limit for trying fixes; 0 tries none."),
]


_Batch = Annotated[pathlib.Path | None, typer.Option(metavar="FILE", help="Read the batch from FILE (npz).")]


_SaveBatch = Annotated[
    pathlib.Path | None, typer.Option(metavar="FILE", help="Write the batch to FILE (npz).")
]


_Exact = Annotated[
    bool,
    typer.Option(
        "--exact", help="Measure the difference in float64 even if the verdict does not need it (slower)."
    ),
]


_Patch = Annotated[
    pathlib.Path | None,
    typer.Option(metavar="FILE", help="Write the verified fixes to FILE as a unified diff."),
]


_Form = Annotated[Format, typer.Option("--format", help="Output format.")]


_All = Annotated[
    bool, typer.Option("--all", help="Show a row for each variable, even if many rows are alike.")
]


_Others = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="CANDIDATE",
        help="A second script, or more targets. Both scripts may be FILE.py:LINE, to select two gradients.",
    ),
]


@app.command(short_help="Compare the gradients of two formulations of a loss.")
def diff(  # noqa: PLR0917 - typer makes an option of each parameter, named on the command line
    target: OptionalTarget = None,
    others: _Others = None,
    seed: Seed = 0,
    settings: Settings = None,
    trials: _Trials = 1,
    work: _Work = 100_000,
    budget: _Budget = None,
    batch: _Batch = None,
    save_batch: _SaveBatch = None,
    patch: _Patch = None,
    exact: _Exact = False,
    form: _Form = Format.table,
    output: Output = None,
    baseline: BaselineOption = None,
    write_baseline: WriteOption = False,
    unfolded: _All = False,
    watch: WatchOption = False,
) -> None:
    """Compare the gradients of both formulations of each case in TARGET.

    With two scripts that train, TARGET is the reference: `gradcheck diff slow.py fast.py` runs both, unedited, and
    compares the first gradients that they take, place by place.

    Exit code: 0 all are equivalent (consistent, without a reference) or in the baseline; 1 something is different,
    unstable or vacuous; 2 something could not be checked.
    """
    with failing_with_a_message(), noticing_ctrl_c():
        from gradcheck.comparison.known import findings_of, marked, verdicts_of
        from gradcheck.comparison.report import exit_code
        from gradcheck.options import Options
        from gradcheck.targets.chosen import chosen

        check_output(output)
        for file in (save_batch, patch):
            check_file(file)
        named = [] if target is None else [target, *(others or [])]
        scripts, targets = _scripts(named), chosen(named)
        of_one = {"--batch": batch, "--save-batch": save_batch, "--patch": patch}
        of_cases = {"--set": settings, "--trials": trials > 1}
        _refuse_for(scripts is not None, len(targets), of_one, of_cases)
        watch_if_wanted(watch, [one.target for one in targets], write_baseline)
        options = Options(
            seed=seed,
            settings=parsed_settings(settings or []),
            trials=trials,
            work=work,
            budget=budget,
            batch=batch,
            save_batch=save_batch,
            pictures=form is Format.html,
            exact=exact,
        )
        with using_baseline(baseline, write_baseline) as use, holding_back(SOFTMAX_OVER_ONE) as held:
            compared = _diff_scripts(*scripts, options) if scripts else _diff_all(targets, options)
            each = [part for report in compared for part in report.each]
            use.add(findings_of(each), verdicts_of(each))
        with use.as_it_is_now():
            each = [marked(report) for report in each]
        if not any(finding.cause == "dead" for report in each for finding in report.findings):
            held.release()
        reports = _shown(each, form, output, unfolded)
        use.tell()
        if patch is not None:
            _write_patch(patch, targets[0].target, compared, options)
        raise typer.Exit(exit_code(reports))


def _scripts(targets: Sequence[str]) -> tuple[ScriptTarget, ScriptTarget] | None:
    if len(targets) != 2:
        return None
    from gradcheck.training.script_pairs import scripts_of

    return scripts_of(*targets)


def _shown(each: Sequence[Report], form: Format, output: pathlib.Path | None, unfolded: bool) -> list[Report]:
    """Write the reports, and say on stderr which could not be judged; return them as they were written."""
    from gradcheck.comparison.report import could_not_check
    from gradcheck.report.showable import showable

    reports = showable(each, lambda some: _text(form, some, sys.stdout, unfolded), could_not_check)
    on_screen = form is Format.table and output is None
    for report in reports:
        if report.verdict == "inconclusive" and not (report.ran and on_screen):
            complain(f"{report.name}: {report.reason}")
    write_to(output, lambda file: _text(form, reports, file, unfolded))
    return reports


def _refuse_for(
    are_scripts: bool, targets: int, of_one: Mapping[str, object], of_cases: Mapping[str, object]
) -> None:
    """Raise an error where an option is given that scripts, or several targets, cannot have."""
    if are_scripts:
        _refuse({**of_cases, **of_one}, "cases, and these are scripts")
    elif targets > 1:
        _refuse(of_one, "one TARGET")


def _refuse(given: Mapping[str, object], needed: str) -> None:
    """Raise an error where an option is given that these targets cannot have."""
    refused = [name for name, value in given.items() if value]
    if refused:
        raise GradcheckError(f"{' and '.join(refused)}: needs {needed}")


def _diff_all(targets: Sequence[Chosen], options: Options) -> list[Report]:
    reports = [report for target in targets for report in _diff_cases(target, options)]
    if not reports:
        raise GradcheckError(f"no case in any of {len(targets)} files: nothing was compared")
    return reports


def _diff_scripts(reference: ScriptTarget, candidate: ScriptTarget, options: Options) -> list[Report]:
    import dataclasses

    from gradcheck.cli.terminal import Progress, stdout_kept_for_the_report

    with Progress() as progress:
        start_tensorflow(progress)
        from gradcheck.training.script_pairs import diff_scripts

        progress.say(f"running {reference.path} and {candidate.path}")
        options = dataclasses.replace(options, watch=progress.watch)
        with progress.below_what_is_printed(), stdout_kept_for_the_report():
            return diff_scripts(reference, candidate, options)


def _diff_cases(target: Chosen, options: Options) -> list[Report]:
    """Report on every case of `target`, with every random generator started from the seed."""
    from gradcheck.cli.terminal import Progress, stdout_kept_for_the_report
    from gradcheck.targets.chosen import cases_of, imported_cases

    with Progress() as progress:
        start_tensorflow(progress)
        from gradcheck.execution import check_eager
        from gradcheck.execution.run.freeze import seeded

        progress.say(f"loading {target.target}")
        with (
            progress.below_what_is_printed(),
            stdout_kept_for_the_report(),
            seeded(options.seed),
        ):
            factories = cases_of(target)
            check_eager()
            options.check(len(factories))
            if len(factories) > 1 and (elsewhere := imported_cases(target, factories)):
                tell(f"gradcheck: {elsewhere}\n")
            return [_diff_one(factory, options, progress) for factory in factories]


def _diff_one(factory: Factory, options: Options, progress: Progress) -> Report:
    import dataclasses

    from gradcheck.comparison.api import report_on

    progress.say(factory.name)
    return report_on(factory, dataclasses.replace(options, watch=progress.watch))


def _write_patch(path: pathlib.Path, target: str, reports: list[Report], options: Options) -> None:
    """Write the patch and say so on stderr; or say that there is nothing to fix."""
    from gradcheck.cli.terminal import stdout_kept_for_the_report
    from gradcheck.comparison.patch import verified_patch

    with stdout_kept_for_the_report():
        patch = verified_patch(target, reports, options)
    if patch is None:
        tell(f"nothing to fix: {path} was not written\n")
        return
    try:
        path.write_text(patch.text, encoding="utf-8", newline="")
    except OSError as error:
        raise GradcheckError(f"cannot write {path}: {error.strerror}") from error
    tell(f"wrote {path}: {_told(patch, path)}\n")


def _told(patch: Patch, path: pathlib.Path) -> str:
    """Return what a patch changes, and the command that applies it."""
    number = "1 change" if patch.changes == 1 else f"{patch.changes} changes"
    changed = f"{number} in {' and '.join(patch.files)}"
    if patch.folder == pathlib.Path.cwd():
        return f"{changed}; apply it with: git apply {shlex.quote(str(path))}"
    command = f"git apply {shlex.quote(str(path.resolve()))}"
    return f"{changed}; apply it in {patch.folder} with: {command}"


def _text(form: Format, reports: list[Report], file: IO[str], unfolded: bool) -> str:
    """Return what is to be written; a table has the width and the colours that suit `file`."""
    from gradcheck.report.documents import OF_CASES
    from gradcheck.report.table import render, summary

    if form in OF_CASES:
        return OF_CASES[form](reports)
    tables = [render(report, unfolded=unfolded) for report in reports if report.ran]
    return printed([*tables, summary(reports)], file)
