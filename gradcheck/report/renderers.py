"""The renderer for each type of result."""

from __future__ import annotations

from functools import singledispatch

from gradcheck.comparison.report import Report
from gradcheck.fuzzing.result import FuzzResult
from gradcheck.report import fuzz_table, modes_html, modes_table, shapes_html, shapes_table, table
from gradcheck.report import html as report_html
from gradcheck.running.result import ModesReport
from gradcheck.tracing.view import ShapesView


@singledispatch
def text(result: object) -> str:
    """Return `result` as plain text."""
    raise TypeError(f"nothing in report/ renders a {type(result).__name__} as text")


@singledispatch
def html(result: object) -> str:
    """Return `result` as a fragment of HTML."""
    raise TypeError(f"nothing in report/ renders a {type(result).__name__} as HTML")


@text.register
def _(result: Report) -> str:
    return table.to_text(result)


@text.register
def _(result: FuzzResult) -> str:
    return fuzz_table.to_text(result)


@text.register
def _(result: ShapesView) -> str:
    return shapes_table.to_text(result)


@text.register
def _(result: ModesReport) -> str:
    return modes_table.to_text(result)


@html.register
def _(result: ModesReport) -> str:
    return modes_html.to_fragment(result)


@html.register
def _(result: Report) -> str:
    return report_html.to_fragment(result)


@html.register
def _(result: ShapesView) -> str:
    return shapes_html.to_fragment(result)
