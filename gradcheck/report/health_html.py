"""Where a program takes gradients, and what is wrong with them, as a page of HTML that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.program.gradient_health import PlaceHealth
from gradcheck.report.finding_html import finding_html
from gradcheck.report.health_rows import HEADS, LEGEND, HealthRow, about, rows, shown, title
from gradcheck.report.html_frame import footer
from gradcheck.report.html_markup import code, fragment, page, prose, table, tag, text
from gradcheck.report.run_report import RunReport


def to_page(report: RunReport) -> str:
    """Return one page on a program that was watched."""
    until = f" before the script {report.ended}" if report.ended else ""
    headline = _headline(report)
    return page(f"gradcheck: {headline}", tag("h1", text(f"{headline}{until}")), *_parts(report), footer())


def _headline(report: RunReport) -> str:
    count = len(report.findings)
    return f"{count or 'no'} finding{'' if count == 1 else 's'}"


def _parts(report: RunReport) -> tuple[str, ...]:
    checks = (tag("p", prose(check)) for check in report.checks)
    return *(finding_html(finding) for finding in report.findings), *checks, places_html(report.places)


def run_fragment(report: RunReport) -> str:
    """Return the same, to be shown within a page of somebody else's."""
    return fragment(tag("h2", text(_headline(report))), *_parts(report))


def to_fragment(places: Sequence[PlaceHealth]) -> str:
    """Return the tables to be shown within a page of somebody else's, such as a notebook."""
    return fragment(places_html(places))


def places_html(places: Sequence[PlaceHealth]) -> str:
    """Return a table for each place."""
    chosen, more = shown(places)
    parts = [_place(place) for place in chosen]
    if more:
        parts.append(tag("p", text(f"And {more} more places with nothing unusual."), class_="dim"))
    if chosen:
        parts.append(tag("p", text(f"{LEGEND[0].upper()}{LEGEND[1:]}."), class_="dim small"))
    return "".join(parts)


def _place(place: PlaceHealth) -> str:
    where = code(f"{place.span.file}:{place.span.line}")
    head = tag("h3", where, " ", code(title(place)))
    said = tag("p", text(about(place)), class_="dim small")
    if not place.variables:
        return head + said
    return head + said + table(HEADS, [_row(row) for row in rows(place)], "variables health")


def _row(row: HealthRow) -> str:
    shape = tag("span", text(row.shape), class_="dim dimensions")
    name = tag("code", text(row.name).replace("/", "/<wbr>")) if row.shape else text(row.name)
    figures = (
        tag("td", text(shown), class_="figure amber" if row.matters else "figure", data_label=label)
        for label, shown in zip(HEADS[1:], row.figures, strict=False)
    )
    return tag("tr", tag("td", name, " ", shape), *figures)
