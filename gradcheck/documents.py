"""What the JSON documents have in common: the types of their parts, and what these types say beside a type.

Each folder of results has its own types in a file `document.py`; `gradcheck/report/schema.py` makes the JSON
schemas from them. What a field means is the text beside its type in `Annotated`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypedDict

from gradcheck.source import Span


@dataclass(frozen=True)
class AtLeast:
    """No number less than this: of a number itself, or of the numbers in a list."""

    least: int


class NotEmpty:
    """A text or a list that has something in it."""


class CauseNames:
    """The name of a cause; which there are is known where the schema is made."""


@dataclass(frozen=True)
class Named:
    """What comes before it is described once in a schema, under this name."""

    name: str


Count = Annotated[int, AtLeast(0)]

Number = Annotated[
    float | Literal["nan", "inf", "-inf"],
    "A number; one that is not finite is a string, because JSON cannot represent it.",
    Named("number"),
]

ShapeDocument = Annotated[
    list[Count | None],
    "A shape; [] is a scalar's. A length is null if a function was traced without it.",
    Named("shape"),
]


class SpanDocument(TypedDict):
    """An expression in a file."""

    file: Annotated[str, "The path, relative to the working directory if the file lies below it."]
    line: Annotated[int, "The first line, counted from 1.", AtLeast(1)]
    column: Annotated[int, "The first column, counted from 1, in characters.", AtLeast(1)]
    end_line: Annotated[int, "The last line.", AtLeast(1)]
    end_column: Annotated[int, "One past the last column, counted from 1, in characters.", AtLeast(1)]
    text: Annotated[str, "The expression as written; empty if the source is not available."]


class EnvironmentDocument(TypedDict):
    """The environment in which the result was computed."""

    python: Annotated[str, "Python's version."]
    platform: Annotated[str, "Operating system and processor."]
    tensorflow: Annotated[str | None, "TensorFlow's version."]
    keras: Annotated[str | None, "Keras's version."]
    numpy: Annotated[str | None, "NumPy's version."]


class Header(TypedDict):
    """What every document begins with."""

    schema: Annotated[
        Literal[1], "The version of this format. It changes when a field is removed or changes its meaning."
    ]
    gradcheck: Annotated[str, "The version of gradcheck that wrote the document."]
    environment: EnvironmentDocument


def number(value: float) -> Number:
    """Return a number as JSON can hold it."""
    if math.isfinite(value):
        return value
    return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")


def number_or_none(value: float | None) -> Number | None:
    """Return a number as JSON can hold it; None if it is not available."""
    return None if value is None else number(value)


def shape_document(shape: Iterable[int | None]) -> ShapeDocument:
    """Return a shape as in the JSON."""
    return list(shape)


def span_document(span: Span) -> SpanDocument:
    """Return a span as in the JSON."""
    return {
        "file": span.file,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
        "text": span.text,
    }


def span_or_none(span: Span | None) -> SpanDocument | None:
    """Return a span as in the JSON; None if there is none."""
    return None if span is None else span_document(span)


def listed(values: Any) -> Any:
    """Return what an array's `tolist` gives as in the JSON: numbers that are not finite as strings."""
    if isinstance(values, list):
        return [listed(one) for one in values]
    return number(values) if isinstance(values, float) else values
