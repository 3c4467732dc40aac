"""Where a program takes gradients, as a table for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gradcheck.program.gradient_health import PlaceHealth
from gradcheck.report.health_rows import HEADS, LEGEND, about, rows, shown, title
from gradcheck.report.plain_text import plain_text
from gradcheck.report.run_report import RunReport
from gradcheck.report.snippet import Snippet


def render(report: RunReport) -> Iterator[RenderableType]:
    """Yield the table of each place, and the findings."""
    yield from render_places(report.places)
    for finding in report.findings:
        yield from (Snippet(finding), "")


def to_text(report: RunReport, width: int = 80) -> str:
    """Return the report as plain text of at most `width` columns."""
    count = len(report.findings)
    said = f"gradcheck: {count or 'no'} finding{'' if count == 1 else 's'}"
    return plain_text([*render(report), said], width)


def render_places(places: Sequence[PlaceHealth]) -> Iterator[RenderableType]:
    """Yield the table of each place."""
    chosen, more = shown(places)
    for place in chosen:
        yield Text(f"{place.span.file}:{place.span.line}", style="cyan")
        yield Padding(_call(place), (0, 0, 0, 2), expand=False)
        if place.variables:
            yield Padding(_table(place), (0, 0, 0, 2), expand=False)
        yield ""
    if more:
        yield Text(f"and {more} more places with nothing unusual\n", style="dim")
    if any(place.variables for place in chosen):
        yield Text(LEGEND + "\n", style="dim")


def _call(place: PlaceHealth) -> Text:
    line = Text(f"{about(place)}  ", no_wrap=True, overflow="ellipsis")
    return line.append(title(place), style="bold")


def _table(place: PlaceHealth) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    table.add_column(HEADS[0], min_width=16)
    for name in HEADS[1:]:
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows(place):
        path = Text(row.name, overflow="fold").append(f" {row.shape}", style="dim")
        style = "yellow" if row.matters else ""
        table.add_row(path, *(Text(each, style=style) for each in row.figures))
    return table
