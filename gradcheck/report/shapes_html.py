"""The shapes of a function as HTML: a table of rows, with their marks below them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradcheck.report.html_frame import framed
from gradcheck.report.html_markup import code, fragment, page, prose, table, tag, text
from gradcheck.report.shapes_table import (
    SIGN,
    about_sizes,
    line_number,
    raised,
    result_shapes,
    shape_lines,
    times,
)
from gradcheck.tracing.axes import shown
from gradcheck.tracing.rows import Row
from gradcheck.tracing.view import ShapesView, TracedSide, marks_of


def to_fragment(view: ShapesView) -> str:
    """Return the view as a fragment for another page."""
    return fragment(shapes_html(view))


def to_page(views: Sequence[ShapesView]) -> str:
    """Return one self-contained page on all views."""
    sections = [(view.name, _stands_out(view), shapes_html(view)) for view in views]
    names = ", ".join(view.name for view in views[:3])
    return page(f"Shapes: {names}{', …' * (len(views) > 3)}", *framed("Shapes", sections))


def _stands_out(view: ShapesView) -> str:
    count = len(list(marks_of([view])))
    said = f"{count} mark{'' if count == 1 else 's'}" if count else "nothing stands out"
    return tag("span", said, class_="dim small")


def shapes_html(view: ShapesView) -> str:
    """Return all rows of both sides, and what they hold alike."""
    parts = [tag("h2", text(view.name))]
    about = about_sizes(view)
    if about:
        parts.append(tag("p", text(about), class_="dim small"))
    for side in view.sides:
        parts += [_title(side), _rows(side)]
        if side.error:
            parts += [tag("p", text(raised(side)), class_="red"), tag("pre", text(side.error), class_="said")]
    if view.pairs:
        parts += [tag("h3", "The same numbers on both sides"), _pairs(view)]
    return "".join(parts)


def _title(side: TracedSide) -> str:
    arguments = ", ".join(f"{name} {shown(axes)}" for name, axes in side.arguments)
    return tag("h3", text(side.name), " ", tag("code", text(arguments), class_="dim"))


def _rows(side: TracedSide) -> str:
    if not side.rows:
        return tag("p", "No op ran.", class_="dim")
    rows, file = [], ""
    for row in side.rows:
        if row.span is not None and row.span.file != file:
            file = row.span.file
            rows.append(tag("tr", tag("td", code(file), class_="file dim small", colspan="5")))
        rows += [_row(row), *_reasons(row)]
    return table(("", "expression", "shapes", "dtype", ""), rows, "shapes")


def _row(row: Row) -> str:
    expression = (
        tag("code", text(row.text), title=row.text)
        if row.text
        else tag("span", "(the source is not available)", class_="dim")
    )
    shapes = tag("br").join(map(_shapes, shape_lines(row)))
    return tag(
        "tr",
        tag("td", line_number(row), class_="place"),
        tag("td", expression, class_="expression", style=_indentation(row)),
        tag("td", shapes, class_="shape"),
        tag("td", text(row.dtype), class_="dtype dim small"),
        tag("td", text(times(row)), class_="times dim small"),
        class_=row.marks[0].severity if row.marks else None,
    )


_LONG = 36


def _shapes(line: str) -> str:
    """Return shapes so that, where they need several lines, these end between two of them."""
    unbroken = line.replace(", ", ",\N{NO-BREAK SPACE}")
    return tag("code", text(unbroken), class_="long" if len(line) > _LONG else None)


def _reasons(row: Row) -> Iterator[str]:
    for mark in row.marks:
        said = prose(f"{SIGN[mark.severity].strip()} {mark.reason}")  # colour alone would not tell everybody
        reason = tag("td", said, class_="expression small", colspan="4", style=_indentation(row))
        yield tag("tr", tag("td", class_="place"), reason, class_=f"reason {mark.severity}")


def _indentation(row: Row) -> str | None:
    return f"padding-left:{1.25 * row.level:g}rem" if row.level else None


def _pairs(view: ShapesView) -> str:
    reference, candidate = view.sides
    rows = [
        tag("tr", *_half(reference.rows[pair.reference]), *_half(candidate.rows[pair.candidate]))
        for pair in view.pairs
    ]
    return table(("", reference.name, "", "", candidate.name, ""), rows, "pairs")


def _half(row: Row) -> tuple[str, str, str]:
    shape = " ".join(part for part in (result_shapes(row), times(row)) if part)
    return (
        tag("td", line_number(row), class_="place"),
        tag("td", tag("code", text(row.text), title=row.text), class_="expression"),
        tag("td", code(shape), class_="shape"),
    )
