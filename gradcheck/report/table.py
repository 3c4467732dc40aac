"""A report as text: headline, losses, table of variables, and findings in the style of compiler errors.

Everything that comes from the user (names, source) is shown as `Text`, so that ``dense[kernel]`` is
never taken for markup.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

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
from gradcheck.report.variable_rows import Entry, entries, under_a_common_name
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


def render(report: Report, *, unfolded: bool = False) -> RenderableType:
    """Return everything there is to say about one case, as something rich can print.

    Of many variables that say the same only one has a row, unless it is `unfolded`.
    """
    parts: list[RenderableType] = [_headline(report), _indented(Text(report.reason))]
    if report.losses:
        parts += [Text(), *(_loss(sides(report)[side], loss) for side, loss in report.losses.items())]
    if report.variables:
        parts += [Text(), _indented(_variables(report, unfolded))]
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
    """Return one line that counts the verdicts; of what a baseline has, only how many there are."""
    counts = Counter(report.verdict for report in reports if not report.known)
    known = sum(report.known for report in reports)
    line = Text(f"{len(reports)} case{'s' if len(reports) != 1 else ''}: ")
    shown = [Text(f"{counts[v]} {v}", style=style) for v, style in STYLE.items() if counts[v]]
    return line + Text(", ").join([*shown, *([Text(f"{known} known")] if known else [])])


def to_text(report: Report, width: int = 80) -> str:
    """Return the report as plain text of at most `width` columns."""
    return plain_text(map(render, report.each), width)


def _indented(content: RenderableType) -> Padding:
    return Padding(content, (0, 0, 0, 2), expand=False)


def _headline(report: Report) -> Text:
    line = Text(report.name, style="bold").append("  ")
    line.append(report.verdict.upper(), style=STYLE[report.verdict])
    return line.append("  known: it is in the baseline", style="dim") if report.known else line


def _loss(side: str, loss: LossReport) -> Text:
    line = Text(f"  {side:<9}  {figure(loss.value, '.7g'):<12}  ", no_wrap=True, overflow="ellipsis")
    if loss.span is None:
        return line.append(loss.description or "a constant, not computed by any op", style="dim")
    line.append(f"{loss.span.file}:{loss.span.line}", style="cyan")
    return line.append("  ").append(loss.span.text.partition("\n")[0], style="dim")


def _variables(report: Report, unfolded: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 2, 0, 0), pad_edge=False, show_edge=False)
    shown = entries(report.variables, unfolded=unfolded)
    folded = any(entry.folded for entry in shown)
    table.add_column("variable", min_width=len("  + 10 alike") if folded else None)
    for name in (*norm_heads(report), "differ", "noise", "cosine"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    paths = [each.shown.path for each in shown if each.shown is not None]
    names = under_a_common_name(paths) if len(paths) > 1 else iter([("", path) for path in paths])
    within = False
    for entry in shown:
        if entry.shown is not None:
            heading, name = next(names)
            within = bool(heading) or (within and name != entry.shown.path)
            if heading:
                table.add_row(Text(heading, style="dim"))
            table.add_row(*_row(entry.shown, name, indent=2 * within))
        if entry.folded:
            table.add_row(*_folded(entry))
    return table


def _folded(entry: Entry) -> list[RenderableType]:
    number, verdict = len(entry.folded), entry.folded[0].verdict
    said = f"  + {number} {'more' if entry.shown is None else 'alike'}"
    return [Text(said), *[Text()] * 5, Text(verdict, style=_STYLE[verdict])]


def _row(variable: VariableReport, name: str, indent: int) -> list[RenderableType]:
    judgement = variable.judgement
    reference, candidate = variable.states
    shape = dimensions(variable.shape)
    unmeasured = judgement.relative_float64 is None and judgement.noise is None
    differ, noise, cosine = compared(variable)
    return [
        _WrappedPath(Text(name, overflow="fold").append(f" {shape}", style="dim"), indent),
        _norm(reference, judgement.difference.reference_norm),
        _norm(candidate, judgement.difference.candidate_norm),
        Text(differ, style="yellow" if unmeasured else ""),
        Text(noise),
        Text(cosine),
        Text(variable.verdict, style=_STYLE[variable.verdict]),
    ]


class _WrappedPath:
    """A path that goes on in the next line after a `/` or `_`, where it is too long for one."""

    def __init__(self, text: Text, indent: int) -> None:
        self._text, self._indent = text, indent

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines: list[Text] = []
        width = max(options.max_width - self._indent, 1)
        for part in self._parts(width):
            if lines and lines[-1].cell_len + part.cell_len <= width:
                lines[-1].append_text(part)
            else:
                lines.append(part)
        for line in lines:
            yield Padding(line, (0, 0, 0, self._indent)) if self._indent else line

    def _parts(self, width: int) -> Iterator[Text]:
        """Yield what is kept on one line: names, and of one that is too long what is between its `_`."""
        for name in self._text.split("/", include_separator=True):
            if name.cell_len <= width:
                yield name
            else:
                yield from name.divide([match.end() for match in re.finditer(r"_+|(?<=\S) ", name.plain)])

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        smallest, largest = Measurement.get(console, options, self._text)
        return Measurement(smallest + self._indent, largest + self._indent)


_STATE_STYLE: dict[State, str] = {"none": "yellow", "zero": "yellow", "non-finite": "red", "finite": ""}


def _norm(kind: State, size: float | None) -> Text:
    return Text(norm(kind, size), style=_STATE_STYLE[kind])
