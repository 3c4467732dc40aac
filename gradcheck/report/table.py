"""A report for people: headline, losses, table of variables, findings as a good compiler shows errors.

Everything that comes from the user (names, source) is shown as `Text`, so that ``dense[kernel]`` is
never taken for markup.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gradcheck.judgement.differences import State
from gradcheck.judgement.verdict import Verdict
from gradcheck.report.report import LossReport, Report, SearchReport, VariableReport
from gradcheck.report.snippet import Snippet

STYLE: dict[Verdict, str] = {
    "equivalent": "bold green",
    "different": "bold red",
    "unstable": "bold red",
    "vacuous": "bold yellow",
    "inconclusive": "bold yellow",
}


def render(report: Report) -> RenderableType:
    """Return everything there is to say about one case, as something rich can print."""
    parts: list[RenderableType] = [_headline(report), _indented(Text(report.reason))]
    if report.losses:
        parts += [Text(), *(_loss(side, loss) for side, loss in report.losses.items())]
    if report.variables:
        parts += [Text(), _indented(_variables(report.variables)), _indented(Text(_LEGEND, style="dim"))]
    for finding in report.findings:
        parts += [Text(), _indented(Snippet(finding))]
    if report.search is not None and not any(finding.verified for finding in report.findings):
        parts += [Text(), _indented(Text(_in_vain(report.search), style="dim"))]
    return Group(*parts, Text())


def _in_vain(search: SearchReport) -> str:
    said = f"{search.tried} edits of the candidate were tried; none was proved to make the gradients agree"
    return f"{said} before the time was up (--budget)" if search.out_of_time else said


def summary(reports: Sequence[Report]) -> Text:
    """Return one line that counts the verdicts."""
    counts = Counter(report.verdict for report in reports)
    line = Text(f"{len(reports)} case{'s' if len(reports) != 1 else ''}: ")
    shown = [Text(f"{counts[v]} {v}", style=style) for v, style in STYLE.items() if counts[v]]
    return line + Text(", ").join(shown)


def to_text(report: Report, width: int = 80) -> str:
    """Return the report as plain text of at most `width` columns."""
    console = Console(file=io.StringIO(), width=width, color_system=None)
    with console.capture() as capture:
        console.print(render(report))
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def _indented(content: RenderableType) -> Padding:
    return Padding(content, (0, 0, 0, 2), expand=False)


def _headline(report: Report) -> Text:
    return (
        Text(report.name, style="bold")
        .append("  ")
        .append(report.verdict.upper(), style=STYLE[report.verdict])
    )


def _loss(side: str, loss: LossReport) -> Text:
    line = Text(f"  {side}  {loss.value:<12.7g}  ", no_wrap=True, overflow="ellipsis")
    if loss.span is None:
        return line.append(loss.description or "a constant: no op made it", style="dim")
    line.append(f"{loss.span.file}:{loss.span.line}", style="cyan")
    return line.append("  ").append(loss.span.text.partition("\n")[0], style="dim")


def _variables(variables: Sequence[VariableReport]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 2, 0, 0), pad_edge=False, show_edge=False)
    table.add_column("variable", overflow="fold")
    for name in ("‖ref.‖", "‖cand.‖", "differ", "noise", "cosine"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for variable in variables:
        table.add_row(*_row(variable))
    return table


_LEGEND = "‖·‖ norms; differ and noise relative to the larger, measured in float64"


def _row(variable: VariableReport) -> list[Text]:
    judgement = variable.judgement
    reference, candidate = variable.states
    shape = "×".join(map(str, variable.shape)) or "scalar"
    unmeasured = judgement.relative_float64 is None
    return [
        Text(variable.path).append(f" {shape}", style="dim"),
        _norm(reference, judgement.difference.reference_norm),
        _norm(candidate, judgement.difference.candidate_norm),
        Text(f"{variable.relative:.0e}", style="yellow" if unmeasured else ""),
        _figure(judgement.noise, ".0e"),
        _figure(judgement.difference.cosine, ".4f"),
        Text(variable.verdict, style=STYLE[variable.verdict]),
    ]


def _figure(value: float | None, form: str) -> Text:
    return Text("–" if value is None else f"{value:{form}}")


def _norm(kind: State, norm: float | None) -> Text:
    """Show the four things a gradient can be as four: None, 0, not finite, and a number however tiny."""
    if kind == "none":
        return Text("None", style="yellow")
    if kind == "zero":
        return Text("0 exactly", style="yellow")
    if kind == "non-finite":
        return Text(f"{norm}", style="red")
    return Text(f"{norm:.4g}")
