"""A finding with its source as HTML: the expression, its operands underlined, their shapes below them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len

from gradcheck.findings import Finding
from gradcheck.report.html_markup import code, copied, prose, tag, text
from gradcheck.report.underlining import below, labels, shown, shown_at, underlined
from gradcheck.report.wording import beside, label, tried
from gradcheck.source import Span, source_lines

_COLOUR = {"error": "red", "suspicion": "amber", "note": "blue"}


def finding_html(finding: Finding) -> str:
    """Return all there is to say of one finding."""
    colour = _COLOUR[finding.severity]
    heading = tag("span", text(label(finding)), class_=f"kind {colour}")
    parts = [tag("p", heading, " ", tag("span", prose(finding.message), class_="message"))]
    if finding.span is not None:
        parts += [tag("p", code(finding.span.place), class_="dim small"), _source(finding, finding.span)]
    if finding.reference is not None:
        parts.append(tag("p", "Reference: ", code(beside(finding)), class_="dim small"))
    parts += [tag("p", prose(note)) for note in finding.notes]
    return tag("div", *parts, *_fix(finding), class_=f"finding {colour}")


def _fix(finding: Finding) -> Iterator[str]:
    if finding.fix is not None:
        written = copied(finding.fix.text) if finding.fix.source else prose(finding.fix.text)
        yield tag("p", "Fix: ", written, class_="fix")
    if finding.proof is not None:
        yield tag("p", "Tried: ", text(f"{tried(finding, finding.proof)}."), class_="dim small")


def _source(finding: Finding, span: Span) -> str:
    lines = source_lines(span)
    if not lines:
        return tag("p", "The source is not available.", class_="dim small")
    cut = _cut(lines, span)
    margin = len(str(span.end_line))
    written = []
    for number, line in enumerate(lines, start=span.line):
        marked = _marked(shown(line), underlined(finding.operands, span, number, line), cut)
        written.append(tag("span", f"{number:>{margin}}", class_="number") + "  " + marked)
        placed = [
            (cell_len(shown(line)[cut:at]), shape) for at, shape in labels(finding.operands, number, line)
        ]
        written += [tag("span", " " * (margin + 2) + text(row), class_="red") for row in below(placed)]
    return tag("pre", tag("code", "\n".join(written)), class_="source", tabindex="0")


_LONG, _BEFORE, _ELISION = 80, 24, "… "


def _cut(lines: Sequence[str], span: Span) -> int:
    """Return how many leading columns to leave out: the indentation, and more in front of a distant span."""
    texts = [shown(line) for line in lines]
    indent = min((len(line) - len(line.lstrip()) for line in texts if line.strip()), default=0)
    if len(texts) > 1 or cell_len(texts[0][indent:]) <= _LONG:
        return indent
    return max(indent, shown_at(lines[0], span.column - 1) - _BEFORE)


def _marked(line: str, parts: Sequence[tuple[int, int]], cut: int) -> str:
    """Return a line of source with `parts` of it underlined, without its first columns."""
    written, done = [], cut
    if line[:cut].strip():
        written, done = [_ELISION], cut + len(_ELISION)
    for start, end in sorted(parts):
        first = max(start, done)
        written += [text(line[done:first]), tag("mark", text(line[first:end]))]
        done = max(end, done)
    return "".join([*written, text(line[done:])])
