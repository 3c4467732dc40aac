"""The shapes of a function as text: one line per expression, with its marks below it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gradcheck.report.plain_text import plain_text
from gradcheck.tracing.axes import Axes, shown
from gradcheck.tracing.rows import Row, ShapeCount
from gradcheck.tracing.view import ShapesView, TracedSide

STYLE = {"high": "bold red", "medium": "yellow", "note": "cyan"}
SIGN = {"high": "!!", "medium": "! ", "note": "· "}

_VARIANTS = 3
"""How many different shapes of a row are shown before the rest is only counted."""


def render(view: ShapesView) -> RenderableType:
    """Return the view as something rich can print."""
    parts: list[RenderableType] = [Text(view.name, style="bold"), *_subtitle(view)]
    for side in view.sides:
        parts += [Text(), _Rows(side)]
        if side.error:
            said = Text(f"{raised(side)}\n{side.error}", style="red")
            parts += [Text(), Padding(said, (0, 0, 0, 2), expand=False)]
    if view.pairs:
        parts += [Text(), _Pairs(view)]
    return Group(*parts, Text())


def to_text(view: ShapesView, width: int = 80) -> str:
    """Return the view as plain text of at most `width` columns."""
    return plain_text([render(view)], width)


def _subtitle(view: ShapesView) -> Iterator[RenderableType]:
    about = about_sizes(view)
    if about:
        yield Padding(Text(about, style="dim"), (0, 0, 0, 2), expand=False)


def about_sizes(view: ShapesView) -> str:
    """Return how shapes are read: which axes follow the batch, and what a number before a shape means."""
    return "; ".join(filter(None, (_about_the_batch(view), _about_counts(view))))


def _about_counts(view: ShapesView) -> str:
    """Return what a number before a shape means, by the first that is shown; "" if none is."""
    for row in (row for side in view.sides for row in side.rows):
        for variant in row.variants:
            for text, count in (*_runs(variant.operands), *_runs(variant.results)):
                if count > _ALIKE:
                    return f"{count}·{text} stands for {count} tensors of shape {text}"
    return ""


def _about_the_batch(view: ShapesView) -> str:
    if view.samples is None:
        return ""
    if view.other_samples is None:
        return f"shapes as of this batch of {view.samples}: {view.why_plain}"
    again = f"rerun with {view.other_samples}"
    return f"n = {view.samples} follows the batch size ({again}); plain numbers are fixed"


def raised(side: TracedSide) -> str:
    """Return that a side raised, and where."""
    where = "" if side.raised_at is None else f" at {side.raised_at.place}"
    return f"{side.name} raised{where}: what ran before that is shown above"


class _Rows:
    """The rows of one side, in columns that suit the width."""

    def __init__(self, side: TracedSide) -> None:
        self._side = side
        self._rows = side.rows

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self._title()
        if not self._rows:
            yield Text("  nothing stands out" if not self._side.error else "  nothing ran", style="dim")
            return
        columns = _Columns(self._rows, options.max_width)
        yield columns.head()
        file = ""
        for row in self._rows:
            if row.span is not None and row.span.file != file:
                file = row.span.file
                yield Text(f"  {file}", style="blue", no_wrap=True, overflow="ellipsis")
            yield from columns.lines(row)

    def _title(self) -> Table:
        arguments = ", ".join(f"{name} {shown(axes)}" for name, axes in self._side.arguments)
        name = Text("  ").append(self._side.name, style="bold").append("  ")
        table = Table.grid()
        table.add_column(no_wrap=True, width=cell_len(name.plain))
        table.add_row(name, Text(arguments))
        return table


class _Columns:
    """Line number, expression, shapes, dtype, times: how wide each of them is, and the lines of a row."""

    def __init__(self, rows: Sequence[Row], width: int) -> None:
        self._line = max(len(line_number(row)) for row in rows)
        self._dtype = max(len("dtype"), *(len(row.dtype) for row in rows))
        self._times = max(len(_times(row)) for row in rows)
        rest = max(width - self._line - self._dtype - self._times - 8, _NARROWEST)
        widest = max(len(line) for row in rows for line in shape_lines(row, rest) or [""])
        self._shapes = min(max(widest, len("shapes")), rest * 3 // 5)
        self._expression = rest - self._shapes

    def head(self) -> Text:
        names = f"{_fitted('expression', self._expression)}  {_fitted('shapes', self._shapes)}  dtype"
        return Text(f"{'':{self._line + 4}}{names}", style="dim", no_wrap=True, overflow="crop")

    def lines(self, row: Row) -> Iterator[RenderableType]:
        shapes = shape_lines(row, self._shapes) or [""]
        style = STYLE[row.marks[0].severity] if row.marks else ""
        line = Text(no_wrap=True, overflow="crop")
        line.append(f"  {line_number(row):>{self._line}}  ", style="blue")
        line.append(_fitted("  " * row.level + (row.text or _NO_SOURCE), self._expression), style=style)
        line.append("  ").append(_fitted(shapes[0], self._shapes), style=style)
        line.append(f"  {row.dtype:<{self._dtype}}", style="dim").append(f"{_times(row):>{self._times}}")
        line.rstrip()
        yield line
        margin = " " * (self._line + 4)
        for further in shapes[1:]:
            yield Text(f"{margin}{'':{self._expression}}  {further}", style=style)
        for mark in row.marks:
            text = Text(f"{SIGN[mark.severity]} {mark.reason}", style=STYLE[mark.severity])
            yield Padding(text, (0, 0, 0, self._line + 4 + 2 * row.level), expand=False)


_NARROWEST = 4
"""How many columns expression and shapes get together at least; what is then too wide is cut off, or wrapped."""

_NO_SOURCE = "(the source is not available)"


def line_number(row: Row) -> str:
    """Return the line of a row; "" where no code of the user's took part."""
    return "" if row.span is None else str(row.span.line)


def times(row: Row) -> str:
    """Return how often a row ran, unless that was once."""
    return f"× {row.times:,}" if row.times > 1 else ""


def _times(row: Row) -> str:
    return f"  {times(row)}" if row.times > 1 else ""


def _fitted(text: str, width: int) -> str:
    """Return `text` in exactly `width` columns; some characters take two."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return f"{set_cell_size(text, max(width - 1, 0))}…"


def shape_lines(row: Row, width: float = math.inf) -> list[str]:
    """Return the shapes of a row in lines; those wider than `width` go on after the arrow."""
    lines = []
    for variant in row.variants[:_VARIANTS]:
        lines += _variant(variant, width)
    more = len(row.variants) - _VARIANTS
    if more > 0:
        last = _all(row.variants[-1].results)
        lines.append(f"… {more} more, the last → {last}")
    return lines


def _variant(variant: ShapeCount, width: float) -> list[str]:
    operands, results = _all(variant.operands), f"→ {_all(variant.results)}"
    whole = f"{operands} {results}".strip()
    return [whole] if len(whole) <= width or not operands else [operands, f"  {results}"]


def _all(tensors: Sequence[Axes]) -> str:
    """Return the shapes one after the other; many of the same as one with their number."""
    return " ".join(
        " ".join([text] * count) if count <= _ALIKE else f"{count}·{text}" for text, count in _runs(tensors)
    )


def _runs(tensors: Sequence[Axes]) -> list[tuple[str, int]]:
    """Return each shape, with how often it stands there in a row."""
    return [(text, len(list(run))) for text, run in itertools.groupby(shown(axes) for axes in tensors)]


_ALIKE = 3
"""How many equal shapes in a row are written out."""


class _Pairs:
    """What both sides hold alike, side by side."""

    def __init__(self, view: ShapesView) -> None:
        self._view = view

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        reference, candidate = self._view.sides
        half = (options.max_width - 5) // 2
        yield Text("  the same numbers on both sides", style="bold")
        yield Text(f"  {_fitted(reference.name, half)} {candidate.name}", style="dim")
        for pair in self._view.pairs:
            left, right = reference.rows[pair.reference], candidate.rows[pair.candidate]
            yield Text(f"  {_half(left, half - 1)}  {_half(right, half - 1)}".rstrip(), no_wrap=True)


def _half(row: Row, width: int) -> str:
    shape = f"{result_shapes(row)} {times(row)}".rstrip()
    place = f"{line_number(row):>4}  "
    return place + _fitted(row.text, width - len(place) - len(shape) - 1) + " " + shape


def result_shapes(row: Row) -> str:
    """Return the different shapes of what a row makes, up to as many as are shown."""
    return " ".join(dict.fromkeys(_all(variant.results) for variant in row.variants[:_VARIANTS]))
