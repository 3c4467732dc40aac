"""``gradcheck shapes``."""

from __future__ import annotations

import enum
import sys
from typing import IO, TYPE_CHECKING, Annotated

import typer

from gradcheck.cli.app import app, failing_with_a_message
from gradcheck.cli.baseline import BaselineOption, WriteOption, using_baseline
from gradcheck.cli.options import Output, Seed, Settings, parsed_settings, whole
from gradcheck.cli.output import check_output, complain, printed, start_tensorflow, write_to
from gradcheck.cli.watch import WatchOption, watch_if_wanted
from gradcheck.system.held_warnings import SOFTMAX_OVER_ONE, holding_back
from gradcheck.system.interrupts import noticing_ctrl_c

if TYPE_CHECKING:
    from gradcheck.tracing.view import ShapesView


class ShapesFormat(enum.StrEnum):
    """How shapes are written."""

    table = "table"
    json = "json"
    mermaid = "mermaid"
    dot = "dot"
    html = "html"
    markdown = "markdown"


class Only(enum.StrEnum):
    """Which rows are shown."""

    marked = "marked"


_ShapesTarget = Annotated[
    str,
    typer.Argument(
        metavar="TARGET",
        help="FILE.py:name or MODULE:name of a case, a function or a Keras model; or a file, for its cases.",
    ),
]


_Input = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        metavar="NAME=DTYPE[SHAPE]",
        help="An argument of a function, such as x=float32[32,4]; or an npz FILE of them. May be repeated.",
    ),
]


_Depth = Annotated[
    int,
    typer.Option(parser=whole(0), metavar="N", help="Levels of Keras layers, and then ops, to expand."),
]


_Only = Annotated[Only | None, typer.Option("--only", help="Show only what is marked.")]


_ShapesForm = Annotated[ShapesFormat, typer.Option("--format", help="Output format.")]


@app.command(short_help="Show the shape of every tensor, line by line.")
def shapes(  # noqa: PLR0917 - typer makes an option of each parameter, named on the command line
    target: _ShapesTarget,
    inputs: _Input = None,
    seed: Seed = 0,
    settings: Settings = None,
    depth: _Depth = 0,
    only: _Only = None,
    form: _ShapesForm = ShapesFormat.table,
    output: Output = None,
    baseline: BaselineOption = None,
    write_baseline: WriteOption = False,
    watch: WatchOption = False,
) -> None:
    """Show the shape of every tensor that TARGET computes, line by line, and mark what stands out.

    Exit code: 0 it was shown; 2 it could not be run to completion.
    """
    with failing_with_a_message(), noticing_ctrl_c():
        from gradcheck.report.showable import showable
        from gradcheck.tracing.view import could_not_run, marks_of, only_marked

        check_output(output)
        watch_if_wanted(watch, [target], write_baseline)
        with using_baseline(baseline, write_baseline) as use, holding_back(SOFTMAX_OVER_ONE) as held:
            traced = _trace_all(target, inputs or [], seed, parsed_settings(settings or []), depth)
            use.add(marks_of(traced))
        if not any(code == "dead" for code, _ in marks_of(traced)):
            held.release()
        views = showable(
            traced,
            lambda some: _shapes_text(form, some, sys.stdout),
            could_not_run,
        )
        for view in views:
            if view.error:
                complain(f"{view.name}: {view.error}")
        shown = [only_marked(view) for view in views] if only else views
        write_to(output, lambda file: _shapes_text(form, shown, file))
        raise typer.Exit(2 if any(view.failed for view in views) else 0)


def _trace_all(
    target: str, inputs: list[str], seed: int, settings: dict[str, str], depth: int
) -> list[ShapesView]:
    from gradcheck.cli.terminal import Progress, stdout_kept_for_the_report

    with Progress() as progress:
        start_tensorflow(progress)
        from gradcheck.execution.run.freeze import seeded
        from gradcheck.tracing.api import shapes_of_target

        progress.say(f"loading {target}")
        with progress.below_what_is_printed(), stdout_kept_for_the_report(), seeded(seed):
            return shapes_of_target(
                target, inputs=inputs, seed=seed, settings=settings, depth=depth, watch=progress.watch
            )


def _shapes_text(form: ShapesFormat, views: list[ShapesView], file: IO[str]) -> str:
    if form is ShapesFormat.json:
        from gradcheck.report.json_document import to_json

        return to_json(views, called="shapes")
    views = [view for view in views if not view.error]
    if form is ShapesFormat.html:
        from gradcheck.report.shapes_html import to_page

        return to_page(views)
    if form is ShapesFormat.markdown:
        from gradcheck.report.shapes_markdown import to_markdown

        return to_markdown(views)
    if form is not ShapesFormat.table:
        from gradcheck.report.shapes_graph import to_dot, to_mermaid

        return (to_dot if form is ShapesFormat.dot else to_mermaid)(views)
    from gradcheck.report.shapes_table import render

    return printed([render(view) for view in views], file)
