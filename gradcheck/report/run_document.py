"""The types of the JSON document of ``gradcheck run``."""

from __future__ import annotations

from typing import Annotated, TypedDict

from gradcheck.comparison.document import FindingDocument
from gradcheck.documents import AtLeast, Header, Number, ShapeDocument, SpanDocument


class NormDocument(TypedDict):
    """The norm of a variable's gradient over the calls."""

    first: Annotated[Number, "In the first call."]
    median: Annotated[Number, "The median of the last 512 calls."]
    last: Annotated[Number, "In the last call."]


class HealthDocument(TypedDict):
    """The gradient of one variable over all calls."""

    path: Annotated[str, "The variable's own name."]
    shape: Annotated[ShapeDocument, "Its shape."]
    norm: Annotated[NormDocument | None, "The norm of its gradient; null where it was None in every call."]
    zero: Annotated[int, "In how many of the calls it was exactly zero.", AtLeast(0)]
    none: Annotated[int, "In how many of the calls it was None.", AtLeast(0)]
    not_finite: Annotated[int, "In how many of the calls one of its elements was not finite.", AtLeast(0)]
    dead_units: Annotated[
        int,
        "How many elements of a vector's gradient were exactly zero in every call that was looked at.",
        AtLeast(0),
    ]
    units: Annotated[int, "Of how many elements; 0 if the variable is not a vector.", AtLeast(0)]


class DifferentiatedDocument(TypedDict):
    """What was differentiated."""

    shapes: Annotated[list[ShapeDocument], "The shapes of its tensors."]
    span: Annotated[SpanDocument | None, "The expression that made it; null where that is not known."]
    not_finite: Annotated[int, "In how many of the calls it was not finite itself.", AtLeast(0)]


class PlaceDocument(TypedDict):
    """A call that takes gradients, or that makes Keras take them. One with other variables is another place."""

    span: Annotated[SpanDocument, "The call."]
    calls: Annotated[
        int, "How many gradients were taken there; each replica of a strategy takes its own.", AtLeast(0)
    ]
    traced: Annotated[bool, "Whether a compiled function took them."]
    target: DifferentiatedDocument
    variables: Annotated[list[HealthDocument], "Those that a gradient was taken for, in their order."]
    other_sources: Annotated[
        int, "For how many tensors other than variables a gradient was taken as well.", AtLeast(0)
    ]
    unmeasured: Annotated[str | None, "Why not all gradients were measured; null where all were."]


class RunDocument(Header):
    """What ``gradcheck run --format json SCRIPT`` writes: one document."""

    ended: Annotated[str | None, "How the script ended, if not at its last line."]
    places: Annotated[
        list[PlaceDocument], "Where gradients were taken, in the order in which that was first seen."
    ]
    findings: Annotated[
        list[FindingDocument],
        "What is wrong: expressions that broadcast samples against each other, then gradients, the most "
        "certain first.",
    ]
