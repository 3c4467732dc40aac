"""The types of the JSON document of ``gradcheck fuzz``."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from gradcheck.comparison.document import ReportDocument
from gradcheck.documents import AtLeast, Count, Header, NotEmpty, Number, ShapeDocument
from gradcheck.judgement.verdict import Verdict

Ended = Literal["done", "out of time", "out of batches", "interrupted"]
FuzzOutcome = Literal["counterexample", "raises", "none", "not checked"]


class ArrayDocument(TypedDict):
    """An array of a batch."""

    dtype: Annotated[str, "Its dtype, such as `float32`."]
    shape: Annotated[ShapeDocument, "Its shape."]
    values: Annotated[
        list[object] | Number | str | bool | None,
        "Its values, as nested lists; null if there are more than 1000, or if JSON has no such values.",
    ]


class BatchDocument(TypedDict):
    """A batch that was derived from the case's own."""

    samples: Annotated[int, "The number of samples.", AtLeast(0)]
    seed: Annotated[int, "The seed of the case's own batch that it was derived from.", AtLeast(0)]
    rows: Annotated[list[Count], "The rows of that batch, one for each sample; they may repeat."]
    changes: Annotated[list[str], "The changes to its values, in words."]
    arrays: Annotated[
        dict[str, ArrayDocument], "The arrays by their paths in the nested batch, such as `nets/0/weights`."
    ]


class CounterexampleDocument(BatchDocument):
    """The smallest batch found on which the formulations differ."""

    report: Annotated[ReportDocument, "The report of `diff` on it."]


class ErrorsDocument(TypedDict, total=False):
    """What the sides that raise do raise: the traceback, trimmed to the user's files, or an error message."""

    reference: Annotated[str, "Of the trusted formulation."]
    candidate: Annotated[str, "Of the suspected formulation."]


class CrashDocument(BatchDocument):
    """The smallest batch found on which exactly these sides raise."""

    errors: Annotated[ErrorsDocument, "What they raise, by side."]


class FuzzResultDocument(TypedDict):
    """The search for one case."""

    name: Annotated[str, "The case's name."]
    outcome: Annotated[
        FuzzOutcome,
        "`counterexample`: a batch was found on which the formulations differ. `raises`: none differs, but "
        "on some batch one side raises and the other does not. `none`: neither, which is no proof. `not "
        "checked`: on no batch was anything compared.",
    ]
    batches: Annotated[int, "Number of batches compared.", AtLeast(0)]
    verdicts: Annotated[
        dict[Verdict, Count],
        "Number of batches for each verdict; batches on which a side raises are not counted.",
    ]
    ended: Annotated[Ended, "How the search ended."]
    counterexample: Annotated[
        CounterexampleDocument | None,
        "The smallest batch on which the formulations differ, if any was found.",
    ]
    crashes: Annotated[
        list[CrashDocument], "For each set of sides that raise, the smallest batch on which they do."
    ]
    undecided: Annotated[
        str | None, "Why the first batch that could not be judged could not; null if all could.", NotEmpty()
    ]


class FuzzDocument(Header):
    """The output of ``gradcheck fuzz TARGET --format json``: one document on stdout, and nothing else."""

    cases: Annotated[list[FuzzResultDocument], "One result per case, in the order of the file."]
