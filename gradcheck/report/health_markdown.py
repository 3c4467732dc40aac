"""Where a program takes gradients, and what is wrong with them, as markdown."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck.findings import Finding
from gradcheck.program.gradient_health import PlaceHealth
from gradcheck.report.health_rows import HEADS, LEGEND, about, rows, shown, title
from gradcheck.report.run_report import RunReport
from gradcheck.source import source_lines

_LABEL = {"error": "error", "suspicion": "suspect", "note": "note"}


def to_markdown(report: RunReport) -> str:
    """Return the report as markdown."""
    return "\n".join([*_findings(report), *_places(report)]) + "\n"


def _findings(report: RunReport) -> Iterator[str]:
    until = f" before the script {report.ended}" if report.ended else ""
    count = len(report.findings)
    yield f"## gradcheck: {count or 'no'} finding{'' if count == 1 else 's'}{until}\n"
    for finding in report.findings:
        yield from _finding(finding)


def _finding(finding: Finding) -> Iterator[str]:
    yield f"**{_LABEL[finding.severity]}[{finding.cause}]**: {finding.message}\n"
    if finding.span is not None:
        yield f"{_code(finding.span.place)}\n"
        yield from ("```python", *source_lines(finding.span), "```\n")
    yield from (f"- {note}" for note in finding.notes)
    yield ""


def _places(report: RunReport) -> Iterator[str]:
    chosen, more = shown(report.places)
    if chosen:
        yield "## Gradients\n"
    for place in chosen:
        yield from _place(place)
    if more:
        yield f"And {more} more places with nothing unusual.\n"
    if chosen:
        yield f"{LEGEND[0].upper()}{LEGEND[1:]}."


def _place(place: PlaceHealth) -> Iterator[str]:
    yield f"{_code(f'{place.span.file}:{place.span.line}')} {_code(title(place))} ({about(place)})\n"
    if place.variables:
        yield f"| {' | '.join(HEADS)} |"
        yield f"| --- |{' ---: |' * (len(HEADS) - 1)}"
        for row in rows(place):
            figures = row.figures or ("",) * (len(HEADS) - 1)
            name = f"{_code(row.name)} {row.shape}" if row.shape else row.name
            yield f"| {' | '.join((name, *figures))} |"
        yield ""


def _code(text: str) -> str:
    fence = "``" if "`" in text else "`"
    return f"{fence}{text}{fence}".replace("|", "\\|")
