"""Modes as markdown, to paste into an issue or a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradcheck.report.finding_markdown import code, row
from gradcheck.report.modes_rows import (
    HEADS,
    LEGEND,
    figures,
    headline,
    left_out,
    notes,
    shown,
    verdict,
)
from gradcheck.running.result import ModesReport, Row


def to_markdown(reports: Sequence[ModesReport]) -> str:
    """Return a heading and a table for each report."""
    return "\n".join(block for report in reports for block in _case(report)) + "\n"


def _case(report: ModesReport) -> Iterator[str]:
    yield f"## {code(report.name)}: {headline(report)}\n"
    for said in (report.reason, report.about):
        if said:
            yield f"{said}\n"
    rows = shown(report)
    if rows:
        yield row(HEADS)
        yield f"| --- |{' ---: |' * (len(HEADS) - 2)} --- |"
        yield from (row((one.mode, *figures(one), verdict(one))) for one in rows)
        yield f"\n{LEGEND[0].upper()}{LEGEND[1:]}.\n"
    lines = [f"- {_names(about)}: {note}" for about, note in notes(rows)]
    lines += [f"- {_names(about)} ({verdict(about[0])}): {note}" for about, note in notes(left_out(report))]
    if lines:
        yield "\n".join(lines) + "\n"


def _names(rows: Sequence[Row]) -> str:
    return ", ".join(row.mode for row in rows)
