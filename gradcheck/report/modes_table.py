"""Modes as text: one line per mode, with the explanations below."""

from __future__ import annotations

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gradcheck.report.modes_rows import (
    COLOUR,
    HEADS,
    LEGEND,
    figures,
    gravest,
    headline,
    left_out,
    notes,
    shown,
    verdict,
)
from gradcheck.report.plain_text import plain_text
from gradcheck.running.result import ModesReport

_STYLE = {"green": "green", "red": "bold red", "amber": "bold yellow", "blue": "cyan", "dim": "dim"}


def render(report: ModesReport) -> RenderableType:
    """Return the report as something rich can print."""
    style = _STYLE[COLOUR[gravest(report)]]
    parts: list[RenderableType] = [
        Text(report.name, style="bold").append("  ").append(headline(report), style=style)
    ]
    if report.reason:
        parts.append(_indented(Text(report.reason)))
    if report.about:
        parts.append(_indented(Text(report.about, style="dim")))
    if shown(report):
        parts += [Text(), _indented(_table(report)), _indented(Text(LEGEND, style="dim"))]
    parts += _notes(report)
    parts += _left_out(report)
    return Group(*parts, Text())


def to_text(report: ModesReport, width: int = 80) -> str:
    """Return the report as plain text of at most `width` columns."""
    return plain_text([render(report)], width)


def _indented(content: RenderableType) -> Padding:
    return Padding(content, (0, 0, 0, 2), expand=False)


def _table(report: ModesReport) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 2, 0, 0), pad_edge=False, show_edge=False)
    table.add_column(HEADS[0], no_wrap=True)
    for head in HEADS[1:-1]:
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column(HEADS[-1], no_wrap=True)
    for row in shown(report):
        said = Text(verdict(row), style=_STYLE[COLOUR[row.verdict]])
        table.add_row(Text(row.mode), *map(Text, figures(row)), said)
    return table


def _notes(report: ModesReport) -> list[RenderableType]:
    lines: list[RenderableType] = []
    for rows, note in notes(shown(report)):
        style = _STYLE[COLOUR[rows[0].verdict]]
        about = (
            Text(", ".join(row.mode for row in rows), style=style)
            .append(": ", style="")
            .append(note, style="default")
        )
        lines.append(_hanging(about))
    return [Text(), *lines] if lines else []


def _left_out(report: ModesReport) -> list[RenderableType]:
    said = [
        _hanging(Text(f"{', '.join(row.mode for row in rows)} ({verdict(rows[0])}): {note}", style="dim"))
        for rows, note in notes(left_out(report))
    ]
    return [Text(), *said] if said else []


def _hanging(line: Text) -> RenderableType:
    """Return a line whose continuation is indented."""
    table = Table.grid()
    table.add_column(no_wrap=True)
    table.add_column()
    table.add_row("  ", line)
    return table
