"""A report as text: headline, losses, table of variables, and findings in the style of compiler errors.

Everything that comes from the user (names, source) is shown as `Text`, so that ``dense[kernel]`` is
never taken for markup.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gradcheck.comparison.report import LossReport, Report, VariableReport
from gradcheck.judgement.differences import State
from gradcheck.judgement.verdict import VariableVerdict, Verdict
from gradcheck.report.plain_text import plain_text
from gradcheck.report.snippet import Snippet
from gradcheck.report.wording import compared, dimensions, figure, legend, norm, norm_heads, on_search, sides

STYLE: dict[Verdict, str] = {
    "equivalent": "bold green",
    "consistent": "bold green",
    "different": "bold red",
    "unstable": "bold red",
    "vacuous": "bold yellow",
    "inconclusive": "bold yellow",
}
_STYLE: dict[VariableVerdict, str] = dict(STYLE) | {"rounding": "dim"}


def render(report: Report) -> RenderableType:
    """Return everything there is to say about one case, as something rich can print."""
    parts: list[RenderableType] = [_headline(report), _indented(Text(report.reason))]
    if report.losses:
        parts += [Text(), *(_loss(sides(report)[side], loss) for side, loss in report.losses.items())]
    if report.variables:
        parts += [Text(), _indented(_variables(report))]
        parts.append(_indented(Text(legend(report.variables), style="dim")))
    for finding in report.findings:
        parts += [Text(), _indented(Snippet(finding))]
    if report.findings:
        more = f"more on this: gradcheck explain {report.findings[0].cause}"
        parts += [Text(), _indented(Text(more, style="dim"))]
    ended = on_search(report)
    if ended:
        parts += [Text(), _indented(Text(ended, style="dim"))]
    return Group(*parts, Text())


def summary(reports: Sequence[Report]) -> Text:
    """Return one line that counts the verdicts."""
    counts = Counter(report.verdict for report in reports)
    line = Text(f"{len(reports)} case{'s' if len(reports) != 1 else ''}: ")
    shown = [Text(f"{counts[v]} {v}", style=style) for v, style in STYLE.items() if counts[v]]
    return line + Text(", ").join(shown)


def to_text(report: Report, width: int = 80) -> str:
    """Return the report as plain text of at most `width` columns."""
    return plain_text(map(render, report.each), width)


def _indented(content: RenderableType) -> Padding:
    return Padding(content, (0, 0, 0, 2), expand=False)


def _headline(report: Report) -> Text:
    return (
        Text(report.name, style="bold")
        .append("  ")
        .append(report.verdict.upper(), style=STYLE[report.verdict])
    )


def _loss(side: str, loss: LossReport) -> Text:
    line = Text(f"  {side:<9}  {figure(loss.value, '.7g'):<12}  ", no_wrap=True, overflow="ellipsis")
    if loss.span is None:
        return line.append(loss.description or "a constant, not computed by any op", style="dim")
    line.append(f"{loss.span.file}:{loss.span.line}", style="cyan")
    return line.append("  ").append(loss.span.text.partition("\n")[0], style="dim")


def _variables(report: Report) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 2, 0, 0), pad_edge=False, show_edge=False)
    table.add_column("variable")
    for name in (*norm_heads(report), "differ", "noise", "cosine"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for variable in report.variables:
        table.add_row(*_row(variable))
    return table


def _row(variable: VariableReport) -> list[RenderableType]:
    judgement = variable.judgement
    reference, candidate = variable.states
    shape = dimensions(variable.shape)
    unmeasured = judgement.relative_float64 is None
    differ, noise, cosine = compared(variable)
    return [
        _WrappedPath(Text(variable.path, overflow="fold").append(f" {shape}", style="dim")),
        _norm(reference, judgement.difference.reference_norm),
        _norm(candidate, judgement.difference.candidate_norm),
        Text(differ, style="yellow" if unmeasured else ""),
        Text(noise),
        Text(cosine),
        Text(variable.verdict, style=_STYLE[variable.verdict]),
    ]


class _WrappedPath:
    """A path that goes on in the next line after a `/`, where it is too long for one."""

    def __init__(self, text: Text) -> None:
        self._text = text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines: list[Text] = []
        for part in self._text.split("/", include_separator=True):
            if lines and lines[-1].cell_len + part.cell_len <= options.max_width:
                lines[-1].append_text(part)
            else:
                lines.append(part)
        yield from lines

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement.get(console, options, self._text)


_STATE_STYLE: dict[State, str] = {"none": "yellow", "zero": "yellow", "non-finite": "red", "finite": ""}


def _norm(kind: State, size: float | None) -> Text:
    return Text(norm(kind, size), style=_STATE_STYLE[kind])
