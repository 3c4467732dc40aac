"""Modes as HTML: a self-contained page, and a fragment for notebooks."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck._version import __version__
from gradcheck.report.html_markup import fragment, page, prose, table, tag, text
from gradcheck.report.modes_rows import (
    COLOUR,
    HEADS,
    LEGEND,
    figures,
    gravest,
    headline,
    left_out,
    shown,
    verdict,
)
from gradcheck.running.result import ModesReport, Row


def to_html(reports: Sequence[ModesReport]) -> str:
    """Return one page on all of `reports`."""
    sections = [tag("section", _case(report), class_="case") for report in reports]
    counts = ", ".join(f"{report.name}: {headline(report)}" for report in reports[:3])
    return page(f"gradcheck modes: {counts}", *sections, _footer())


def to_fragment(report: ModesReport) -> str:
    """Return one report as a fragment for another page."""
    return fragment(_case(report))


def _case(report: ModesReport) -> str:
    colour = COLOUR[gravest(report)]
    parts = [tag("h2", text(report.name), " ", tag("span", text(headline(report)), class_=colour))]
    parts += [tag("p", prose(said)) for said in (report.reason, report.about) if said]
    if shown(report):
        parts += [_rows(report), tag("p", text(f"{LEGEND[0].upper()}{LEGEND[1:]}."), class_="dim small")]
    rest = left_out(report)
    if rest:
        items = [tag("li", text(f"{one.mode} ({verdict(one)}): "), prose(one.note)) for one in rest]
        parts.append(tag("ul", *items, class_="dim small"))
    return "".join(parts)


def _rows(report: ModesReport) -> str:
    return table([*HEADS, "note"], [_row(row) for row in shown(report)], "modes")


def _row(row: Row) -> str:
    said = tag("span", text(verdict(row)), class_=f"verdict {COLOUR[row.verdict]}")
    cells = [text(row.mode), *map(text, figures(row)), said, prose(row.note)]
    return tag("tr", *(tag("td", cell) for cell in cells))


def _footer() -> str:
    return tag("footer", text(f"gradcheck {__version__}"), class_="dim small")
