"""Where a program takes gradients, and what is wrong with them, as markdown."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck.program.gradient_health import PlaceHealth
from gradcheck.report.finding_markdown import code, finding_markdown, row
from gradcheck.report.health_rows import HEADS, LEGEND, about, rows, shown, title
from gradcheck.report.run_report import RunReport


def to_markdown(report: RunReport) -> str:
    """Return the report as markdown."""
    return "\n".join([*_findings(report), *_places(report)]) + "\n"


def _findings(report: RunReport) -> Iterator[str]:
    until = f" before the script {report.ended}" if report.ended else ""
    count = len(report.findings)
    yield f"## gradcheck: {count or 'no'} finding{'' if count == 1 else 's'}{until}\n"
    for finding in report.findings:
        yield from finding_markdown(finding)
    for check in report.checks:
        yield f"- {check}"
    if report.checks:
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
    yield f"{code(f'{place.span.file}:{place.span.line}')} {code(title(place))} ({about(place)})\n"
    if place.variables:
        yield row(HEADS)
        yield f"| --- |{' ---: |' * (len(HEADS) - 1)}"
        for one in rows(place):
            figures = one.figures or ("",) * (len(HEADS) - 1)
            name = f"{code(one.name)} {one.shape}" if one.shape else one.name
            yield row((name, *figures))
        yield ""
