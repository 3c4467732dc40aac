"""The output of `gradcheck shapes`, as data: the rows of one or two functions, and how they were obtained."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from gradcheck import showing
from gradcheck.documents import shape_document, span_or_none
from gradcheck.source import Span
from gradcheck.tracing.axes import Axes, shown
from gradcheck.tracing.document import (
    RowDocument,
    ShapesOfRowDocument,
    SideDocument,
    TensorDocument,
    ViewDocument,
)
from gradcheck.tracing.rows import Row, ShapeCount


@dataclass(frozen=True)
class Edge:
    """The row at index `reader` reads a result of the row at index `maker`, with these shapes."""

    maker: int
    reader: int
    shapes: tuple[Axes, ...]


@dataclass(frozen=True)
class TracedSide:
    """One function, run once.

    Parameters
    ----------
    name
        ``reference``, ``candidate``, or the name of the function.
    arguments
        The name and the axes of each argument, in order.
    rows
        Its expressions, in the order of execution; if it raised, up to that point.
    edges
        The data flow between the rows, by their indices; -1 for the arguments.
    error
        What it raised, with the user's own traceback; "" if it did not raise.
    raised_at
        The innermost expression in user code that raised.
    """

    name: str
    arguments: tuple[tuple[str, Axes], ...]
    rows: tuple[Row, ...]
    edges: tuple[Edge, ...] = ()
    error: str = ""
    raised_at: Span | None = None


@dataclass(frozen=True)
class RowPair:
    """A row of the reference and a row of the candidate that hold the same numbers, by their indices."""

    reference: int
    candidate: int


@dataclass(frozen=True)
class ShapesView:
    """The shapes of everything that a function, or both formulations of a case, compute.

    It prints itself as a table, also in a notebook.

    Parameters
    ----------
    name
        The name of the case or the function.
    samples
        n, the length of the sample axis; None if no argument has one.
    other_samples
        The other length at which it ran, to distinguish axes that follow the batch from fixed ones; None if
        that was not possible.
    why_plain
        Why it was not possible; empty if it was.
    sides
        The function; or the reference and the candidate, in this order.
    pairs
        Rows that have the same values on both sides, in the candidate's order of execution.
    error
        Why nothing could be run; empty if something ran, and then each side says whether it raised.

    Notes
    -----
    The shapes are those of this one run: a branch that was not taken is not shown.
    """

    name: str
    samples: int | None
    other_samples: int | None
    why_plain: str
    sides: tuple[TracedSide, ...]
    pairs: tuple[RowPair, ...] = ()
    error: str = ""

    @property
    def failed(self) -> bool:
        """Whether a side raised, or nothing could be run."""
        return bool(self.error) or any(side.error for side in self.sides)

    def to_dict(self) -> ViewDocument:
        """Return everything as plain data, as ``gradcheck shapes --format json`` prints it."""
        return {
            "name": self.name,
            "samples": self.samples,
            "other_samples": self.other_samples,
            "why_plain": self.why_plain or None,
            "sides": [_side(side) for side in self.sides],
            "pairs": [{"reference": pair.reference, "candidate": pair.candidate} for pair in self.pairs],
            "error": self.error or None,
        }

    def __str__(self) -> str:
        return showing.text(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))  # what IPython shows in a terminal

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        return showing.html(self)


def could_not_run(name: str, error: str) -> ShapesView:
    """Return the view of a case of which nothing could be run, because of `error`."""
    return ShapesView(name, None, None, "", (), error=error)


def only_marked(view: ShapesView) -> ShapesView:
    """Return the view with the rows that deserve a look alone; what led to them is left out."""
    sides = [
        dataclasses.replace(side, rows=tuple(row for row in side.rows if row.marks), edges=())
        for side in view.sides
    ]
    return dataclasses.replace(view, sides=tuple(sides), pairs=())


def marks_of(views: Iterable[ShapesView]) -> Iterator[tuple[str, Span]]:
    """Yield the code and the place of each mark that is more than a note."""
    for row in (row for view in views for side in view.sides for row in side.rows):
        for mark in row.marks:
            if row.span is not None and mark.severity != "note":
                yield mark.code, row.span


def _side(side: TracedSide) -> SideDocument:
    return {
        "name": side.name,
        "arguments": [{"name": name, **_tensor(axes)} for name, axes in side.arguments],
        "rows": [_row(row) for row in side.rows],
        "edges": [
            {"from": edge.maker, "to": edge.reader, "shapes": [shown(axes) for axes in edge.shapes]}
            for edge in side.edges
        ],
        "error": side.error or None,
        "raised_at": span_or_none(side.raised_at),
    }


def _row(row: Row) -> RowDocument:
    return {
        "text": row.text,
        "level": row.level,
        "span": span_or_none(row.span),
        "dtype": row.dtype or None,
        "times": row.times,
        "shapes": [_variant(variant) for variant in row.variants],
        "marks": [
            {"severity": mark.severity, "code": mark.code, "reason": mark.reason} for mark in row.marks
        ],
    }


def _variant(variant: ShapeCount) -> ShapesOfRowDocument:
    return {
        "operands": [_tensor(axes) for axes in variant.operands],
        "results": [_tensor(axes) for axes in variant.results],
        "times": variant.times,
    }


def _tensor(axes: Axes) -> TensorDocument:
    return {"shape": shape_document(axis.length for axis in axes), "axes": [str(axis) for axis in axes]}
