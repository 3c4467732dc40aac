"""A finding with its source: the expression, its operands underlined, their shapes below them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from gradcheck.findings import Finding, Operand
from gradcheck.report.plain_text import plain_text
from gradcheck.report.underlining import below, labels, shown, shown_at, underlined
from gradcheck.report.wording import beside, label, tried
from gradcheck.source import Span, source_lines

_STYLE = {"error": "bold red", "suspicion": "bold yellow", "note": "bold cyan"}


class Snippet:
    """A finding in the manner of a compiler's error message; takes the width it is given."""

    def __init__(self, finding: Finding) -> None:
        self._finding = finding
        self._style = _STYLE[finding.severity]
        self._margin = " " * (0 if finding.span is None else len(str(finding.span.end_line)))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        finding = self._finding
        heading = Text(label(finding), style=self._style)
        yield heading.append(": ", style="bold").append(finding.message, style="bold")
        if finding.span is not None:
            yield Text(f"{self._margin}--> ", style="blue").append(finding.span.place, style="cyan")
            yield from self.source(finding.span, options.max_width)
        if finding.reference is not None:
            yield _hanging(f"{self._margin} = reference: ", beside(finding))
        for note in finding.notes:
            yield _hanging(f"{self._margin} = ", note)
        if finding.fix is not None:
            yield _hanging(f"{self._margin} = fix: ", finding.fix.text, style="bold green")
        if finding.proof is not None:
            first = f"{self._margin}   tried: " if finding.fix else f"{self._margin} = tried: "
            yield _hanging(first, tried(finding, finding.proof))

    def source(self, span: Span, width: int) -> Iterator[Text]:
        """Yield the lines of the expression, each with what is underlined in it."""
        lines = source_lines(span)
        if not lines:
            yield Text(f"{self._margin} = the source is not available", style="dim")
            return
        cut = _cut(lines, width - len(self._margin) - 3, span, self._finding.operands)
        yield self._row(self._margin, "")
        for number, line in enumerate(lines, start=span.line):
            visible = _shifted(shown(line), cut)
            yield self._row(str(number).rjust(len(self._margin)), visible)
            for marks in _marks(self._finding.operands, span, number, line, _Cells(visible, cut)):
                yield self._row(self._margin, marks, self._style)

    def _row(self, margin: str, content: str, style: str = "") -> Text:
        row = Text(no_wrap=True, overflow="ellipsis")
        return row.append(f"{margin} | ", style="blue").append(content, style=style)


def to_line(finding: Finding) -> str:
    """Return where the finding is and what it is, in one line."""
    place = "" if finding.span is None else f"{finding.span.place}: "
    return f"{place}{label(finding)}: {finding.message}"


def to_text(finding: Finding, width: int = 100) -> str:
    """Return the finding as plain text of at most `width` columns."""
    return plain_text([Snippet(finding)], width)


def to_source(finding: Finding, width: int = 100) -> str:
    """Return its expression alone, underlined, as plain text; "" where the finding has no place."""
    return "" if finding.span is None else plain_text(Snippet(finding).source(finding.span, width), width)


def _cut(lines: Sequence[str], width: int, span: Span, operands: Sequence[Operand]) -> int:
    """Return how many leading characters to leave out: the indentation, and more where lines are too long."""
    texts = [shown(line) for line in lines]
    indent = min((len(text) - len(text.lstrip()) for text in texts if text.strip()), default=0)
    reach = max(
        [cell_len(texts[0])]
        + [cell_len(texts[0][:at]) + len(shape) for at, shape in labels(operands, span.line, lines[0])]
    )
    overhang = _first_fitting(texts[0], reach - width)
    if len(texts) > 1 or overhang <= indent:
        return indent
    most = shown_at(lines[0], span.column - 1) - len(_ELISION)
    return max(indent, min(_between_words(texts[0], overhang), most))


def _between_words(text: str, cut: int) -> int:
    """Return how many characters to leave out, at least `cut`, for what is left to begin with a whole word."""
    first = cut + len(_ELISION)
    begins = (
        at
        for at in range(first, len(text))
        if not text[at].isspace() and not f"_{text[at - 1]}{text[at]}".isidentifier()
    )
    return next(begins, first) - len(_ELISION)


def _first_fitting(text: str, cells: int) -> int:
    """Return how many characters of `text` take so many cells; all of them where it is shorter."""
    return next((at for at in range(len(text)) if cell_len(text[:at]) >= cells), len(text))


_ELISION = "… "


def _shifted(line: str, cut: int) -> str:
    return line[cut:] if not line[:cut].strip() else _ELISION + line[cut + len(_ELISION) :]


@dataclass(frozen=True)
class _Cells:
    """Where the characters of a line are seen, of which the first `cut` are left out."""

    visible: str
    cut: int

    def at(self, place: int) -> int:
        """Return the cell of the character at `place` in the whole line."""
        return cell_len(self.visible[: max(place - self.cut, 0)])


def _marks(operands: Sequence[Operand], span: Span, number: int, line: str, cells: _Cells) -> list[str]:
    """Return the rows under one source line: underlining, and the shapes under the operands."""
    marks = ""
    for start, end in underlined(operands, span, number, line):
        marks = marks.ljust(cells.at(start)) + "^" * (cells.at(end) - cells.at(start))
    rows = [marks, *below([(cells.at(place), text) for place, text in labels(operands, number, line)])]
    return [row for row in rows if row]


def _hanging(first: str, text: str, style: str = "") -> Table:
    """Return `text` wrapped with its further lines below its first word."""
    table = Table.grid()
    table.add_column(no_wrap=True, width=len(first))
    table.add_column()
    table.add_row(Text(first, style="blue"), Text(text, style=style))
    return table
