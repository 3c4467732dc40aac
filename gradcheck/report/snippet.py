"""A finding with its source: the expression, its operands underlined, their shapes below them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from gradcheck.findings import Finding, Operand
from gradcheck.report.underlining import shape_rows, underlined
from gradcheck.source import Span, source_lines

_STYLE = {"error": "bold red", "suspicion": "bold yellow", "note": "bold cyan"}
_LABEL = {"error": "error", "suspicion": "suspect", "note": "note"}


class Snippet:
    """A finding in the manner of a compiler's error message; takes the width it is given."""

    def __init__(self, finding: Finding) -> None:
        self._finding = finding
        self._style = _STYLE[finding.severity]
        self._margin = " " * (0 if finding.span is None else len(str(finding.span.end_line)))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        finding = self._finding
        label = Text(f"{_LABEL[finding.severity]}[{finding.cause}]", style=self._style)
        yield label.append(": ", style="bold").append(finding.message, style="bold")
        if finding.span is not None:
            yield Text(f"{self._margin}--> ", style="blue").append(finding.span.place, style="cyan")
            yield from self._source(finding.span, options.max_width)
        for note in finding.notes:
            yield _hanging(f"{self._margin} = ", note)
        if finding.fix is not None:
            yield _hanging(f"{self._margin} = fix: ", finding.fix.text, style="bold green")
            tried = f"tried: with it the gradients agree to {finding.fix.residual:.0e}, on a second batch too"
            yield _hanging(f"{self._margin}   ", tried)

    def _source(self, span: Span, width: int) -> Iterator[Text]:
        lines = source_lines(span)
        if not lines:
            yield Text(f"{self._margin} = the source is not available", style="dim")
            return
        cut = _cut(lines, width - len(self._margin) - 3, span)
        yield self._row(self._margin, "")
        for number, line in enumerate(lines, start=span.line):
            yield self._row(str(number).rjust(len(self._margin)), _shifted(line, cut))
            for marks in _marks(self._finding.operands, span, number, line):
                yield self._row(self._margin, marks[cut:], self._style)

    def _row(self, margin: str, content: str, style: str = "") -> Text:
        row = Text(no_wrap=True, overflow="ellipsis")
        return row.append(f"{margin} | ", style="blue").append(content, style=style)


def to_line(finding: Finding) -> str:
    """Return where the finding is and what it is, in one line."""
    place = "" if finding.span is None else f"{finding.span.place}: "
    return f"{place}{_LABEL[finding.severity]}[{finding.cause}]: {finding.message}"


def to_text(finding: Finding, width: int = 100) -> str:
    """Return the finding as plain text of at most `width` columns."""
    console = Console(file=io.StringIO(), width=width, color_system=None)
    with console.capture() as captured:
        console.print(Snippet(finding))
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def _cut(lines: Sequence[str], width: int, span: Span) -> int:
    """Return how many leading columns to leave out: the indentation, and more where lines are too long."""
    indent = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    if len(lines) > 1 or len(lines[0]) - indent <= width:
        return indent
    overhang = len(lines[0]) - width
    return max(indent, min(overhang, span.column - 1 - len(_ELISION)))


_ELISION = "… "


def _shifted(line: str, cut: int) -> str:
    return line[cut:] if not line[:cut].strip() else _ELISION + line[cut + len(_ELISION) :]


def _marks(operands: Sequence[Operand], span: Span, number: int, line: str) -> list[str]:
    """Return the rows under one source line: underlining, and the shapes under the operands."""
    marks = ""
    for start, end in underlined(operands, span, number, line):
        marks = marks.ljust(start) + "^" * (end - start)
    return [marks, *shape_rows(operands, number)]


def _hanging(first: str, text: str, style: str = "") -> Table:
    """Return `text` wrapped with its further lines below its first word."""
    table = Table.grid()
    table.add_column(no_wrap=True, width=len(first))
    table.add_column()
    table.add_row(Text(first, style="blue"), Text(text, style=style))
    return table
