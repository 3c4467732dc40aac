"""The types of the JSON document of ``gradcheck shapes``."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from gradcheck.documents import AtLeast, Count, Header, Named, NotEmpty, ShapeDocument, SpanDocument

MarkLevel = Literal["high", "medium", "note"]
MarkCode = Literal["broadcast", "dead", "memory", "reduction", "repeated"]
"""Where a cause is meant, it is that of the cause: what a project accepts holds for both."""

_AxesDocument = Annotated[
    list[str],
    "The name of each axis that follows the batch, such as `n` or `2·n`; for any other, its length.",
    Named("axes"),
]


class TensorDocument(TypedDict):
    """A tensor that an expression read or made."""

    shape: Annotated[ShapeDocument, "Its shape."]
    axes: Annotated[_AxesDocument, "The same, with axes that follow the batch by name."]


class ArgumentDocument(TensorDocument):
    """An argument of the function."""

    name: Annotated[str, "Its name."]


class ShapesOfRowDocument(TypedDict):
    """Shapes that an expression read and made."""

    operands: Annotated[list[TensorDocument], "What it read."]
    results: Annotated[list[TensorDocument], "What it made."]
    times: Annotated[int, "How often it was these.", AtLeast(1)]


class MarkDocument(TypedDict):
    """Why an expression deserves a look."""

    severity: Annotated[
        MarkLevel, "`high`: probably a mistake. `medium`: worth a look. `note`: a fact, or meant so."
    ]
    code: Annotated[MarkCode, "The kind of mark; that of a cause where `diff` would name that."]
    reason: Annotated[str, "One sentence.", NotEmpty()]


class RowDocument(TypedDict):
    """One expression."""

    text: Annotated[
        str,
        "The expression, or its whole statement, in one line; or the name of a layer or an op. Empty if "
        "the source is not available.",
    ]
    level: Annotated[
        int,
        "How far it is indented: below its statement, and that below the expression that called it.",
        AtLeast(0),
    ]
    span: Annotated[SpanDocument | None, "Where it is; null if no user code took part."]
    dtype: Annotated[str | None, "The dtype of the result."]
    times: Annotated[int, "How often it was executed.", AtLeast(0)]
    shapes: Annotated[
        list[ShapesOfRowDocument],
        "Its shapes, in the order in which they were first seen; none for a heading.",
    ]
    marks: Annotated[list[MarkDocument], "What deserves a look."]


_Reads = TypedDict(  # `from` is a keyword
    "_Reads", {"from": Annotated[int, "The index of the row that made it; -1 for an argument.", AtLeast(-1)]}
)


class EdgeDocument(_Reads):
    """One row reads what another made."""

    to: Annotated[int, "The index of the row that reads it.", AtLeast(0)]
    shapes: Annotated[list[str], "The shapes, with axes by name."]


class SideDocument(TypedDict):
    """One function, run once."""

    name: Annotated[str, "`reference`, `candidate`, or the name of the function."]
    arguments: Annotated[list[ArgumentDocument], "Its arguments, in order."]
    rows: Annotated[
        list[RowDocument], "Its expressions, in the order of execution; if it raised, up to that point."
    ]
    edges: Annotated[list[EdgeDocument], "Which row reads what which other row made."]
    error: Annotated[str | None, "What it raised, with its traceback."]
    raised_at: Annotated[SpanDocument | None, "The innermost expression of the user's that raised."]


class PairDocument(TypedDict):
    """A row of the reference and one of the candidate that hold the same numbers."""

    reference: Annotated[int, "The index of the reference's row.", AtLeast(0)]
    candidate: Annotated[int, "The index of the candidate's row.", AtLeast(0)]


class ViewDocument(TypedDict):
    """The shapes of everything that a function, or both formulations of a case, compute."""

    name: Annotated[str, "The name of the case or the function."]
    samples: Annotated[Count | None, "n, the length of the sample axis; null if no argument has one."]
    other_samples: Annotated[
        Count | None,
        "The other length at which it ran, to distinguish axes that follow the batch from fixed ones; null "
        "if that was not possible.",
    ]
    why_plain: Annotated[str | None, "Why it was not possible."]
    sides: Annotated[list[SideDocument], "The function; or the reference and the candidate, in this order."]
    pairs: Annotated[
        list[PairDocument], "Rows that hold the same numbers, in the candidate's order of execution."
    ]
    error: Annotated[str | None, "Why nothing could be run, if so."]


class ShapesDocument(Header):
    """The output of ``gradcheck shapes TARGET --format json``: one document on stdout, and nothing else."""

    shapes: Annotated[list[ViewDocument], "One per case, in the order of the file; or that of the function."]
