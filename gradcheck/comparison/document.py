"""The types of the JSON document of ``gradcheck diff``."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired, TypedDict

from gradcheck.documents import (
    AtLeast,
    CauseNames,
    Count,
    Header,
    Named,
    NotEmpty,
    Number,
    ShapeDocument,
    SpanDocument,
)
from gradcheck.findings import Second, Severity
from gradcheck.judgement.differences import State
from gradcheck.judgement.verdict import Verdict
from gradcheck.program.work import Cut


class LossDocument(TypedDict):
    """A loss."""

    value: Annotated[
        Number | None,
        "Its value; the sum of its elements if it is not a scalar. Null if a formulation gives gradients "
        "and their loss is not known.",
    ]
    span: Annotated[
        SpanDocument | None, "The expression that computed it; null if no user code called the op."
    ]
    description: Annotated[
        str | None,
        "A description of a loss that is not in the source (a reference derived from the candidate), or of "
        "what was compared instead of a loss: gradients that were returned, passed to an optimizer, or "
        "saved elsewhere.",
    ]


class LossesDocument(TypedDict):
    """Both losses, by side."""

    reference: Annotated[
        LossDocument | None, "The loss of the trusted formulation; null if the case could not be run."
    ]
    candidate: Annotated[
        LossDocument | None, "The loss of the suspected formulation; null if the case could not be run."
    ]


_State = Annotated[
    State,
    "What a gradient is. `none`: the loss does not depend on the variable. `zero`: exactly zero everywhere. "
    "`finite`: finite, and somewhere not zero. `non-finite`: somewhere NaN or infinite.",
    Named("state"),
]

_Verdict = Annotated[
    Verdict,
    "`equivalent`: the gradients are equal up to rounding. `consistent`: there is no reference, and the "
    "gradient of the batch is the mean or the sum of its samples' gradients; nothing else was compared. "
    "`different`: a real difference. `unstable`: equal in float64, but a side loses its precision as it "
    "runs. `vacuous`: every gradient is zero or None on both sides, so nothing is proved. `inconclusive`: "
    "could not be judged.",
    Named("verdict"),
]


class VariableDocument(TypedDict):
    """The two gradients of one variable. r is the reference's, c the candidate's; None counts as zero.

    Norms are Euclidean, over all elements.
    """

    path: Annotated[
        str,
        "The variable's path, such as `actor/dense/kernel`; `#2` is added to the second of the same path.",
    ]
    shape: Annotated[ShapeDocument, "The variable's shape."]
    dtype: Annotated[str, "The variable's dtype, such as `float32`."]
    verdict: Annotated[
        _Verdict | Literal["rounding"],
        "The verdict on this variable alone; `rounding`: its gradient is zero up to rounding, or so small "
        "a part of the whole that it cannot be told from it.",
    ]
    reference_state: Annotated[_State, "The state of r."]
    candidate_state: Annotated[_State, "The state of c."]
    reference_norm: Annotated[Number | None, "The norm of r; null if it is None."]
    candidate_norm: Annotated[Number | None, "The norm of c; null if it is None."]
    max_abs_difference: Annotated[Number, "The largest |c - r| over the elements."]
    max_abs_difference_index: Annotated[
        list[Count] | None, "The index of that element; null for a variable without elements."
    ]
    relative_difference: Annotated[
        Number, "The norm of c - r, relative to the larger of both norms: between 0 and 2."
    ]
    relative_difference_float64: Annotated[
        Number | None,
        "The same from the float64 replays; null if they are not available, or if the replay of one side was "
        "enough for the verdict: the gradients as they ran agree, and that side is not noisy (`diff --exact` "
        "measures both).",
    ]
    noise: Annotated[
        Number | None,
        "How much rounding can account for, relative to the larger norm: a difference counts if it exceeds "
        "32 times this. Null if not available.",
    ]
    lost: Annotated[
        Number | None,
        "How much rounding changed the gradients as they ran, on the side where that is more, relative to "
        "the larger norm; null if not both sides were measured.",
    ]
    cosine: Annotated[Number | None, "The cosine of the angle between r and c; null if either is zero."]
    scale: Annotated[Number | None, "The s for which s times r is closest to c; null if r is zero."]


_Others = Annotated[
    list[Annotated[str, NotEmpty()]],
    "The locations of the other fixes that were tried together with this one and that it needs.",
]


class OperandDocument(TypedDict):
    """An operand of an expression."""

    span: Annotated[SpanDocument, "The operand's expression."]
    shape: Annotated[ShapeDocument, "The operand's shape."]


class ProofDocument(TypedDict):
    """How an edit was proved."""

    tried: Annotated[str, "The edit in words.", NotEmpty()]
    residual: Annotated[
        Number, "The largest relative difference that remains between the float64 gradients with it."
    ]
    samples: Annotated[
        list[Annotated[int, AtLeast(1)]],
        "The number of samples of each batch on which the gradients agree with it; the case's own is first; "
        "1 where it is not known what its samples are.",
    ]
    second: Annotated[
        Second | None,
        "How the second batch was made: by the factory with another seed, from the samples of the first, "
        "from its numbers where it is not known what its samples are, or by two scripts that went on to their "
        "next gradients; null if there was none.",
    ]
    needs_also: _Others


class FixDocument(TypedDict):
    """A proved edit, for the user to make."""

    text: Annotated[str, "The expression of the finding's span with the edit applied; or the edit in words."]
    source: Annotated[bool, "Whether `text` is source that can replace the span's, rather than words."]
    residual: Annotated[Number, "The relative difference that remains between the float64 gradients with it."]
    needs_also: _Others


class FindingDocument(TypedDict):
    """A cause found at an expression."""

    cause: Annotated[str, "The kind of mistake.", CauseNames()]
    message: Annotated[str, "One sentence."]
    span: Annotated[SpanDocument | None, "Where it is; null if no user code called the op."]
    reference: Annotated[
        SpanDocument | None, "The expression of the reference that gives what should stand there."
    ]
    shapes: Annotated[list[ShapeDocument], "The shapes of the operands, followed by the shape of the result."]
    operands: Annotated[list[OperandDocument], "The locations of the operands, as far as they are certain."]
    notes: Annotated[list[str], "Further sentences: what it means, what to do."]
    severity: Annotated[
        Severity,
        "`error`: a fact that explains the verdict. `suspicion`: a likely explanation that was not proved. "
        "`note`: worth knowing, but no failure.",
    ]
    verified: Annotated[bool, "Whether an edit here made all gradients agree, on a second batch too."]
    proof: Annotated[ProofDocument | None, "How an edit here was proved; null if none was."]
    fix: Annotated[
        FixDocument | None,
        "That edit, for the user to make; null if there is none, or if it is not something that one would "
        "write.",
    ]


class TrialsDocument(TypedDict):
    """A comparison on several batches."""

    count: Annotated[int, "Number of batches compared.", AtLeast(2)]
    not_equivalent: Annotated[list[Count], "The seeds whose batch did not give an equivalent verdict."]
    shown: Annotated[int, "The seed of the batch that the report is about.", AtLeast(0)]


class SearchDocument(TypedDict):
    """The search for an edit that makes the gradients agree."""

    tried: Annotated[int, "Number of edits tried.", AtLeast(0)]
    work: Annotated[int, "Number of ops replayed for that.", AtLeast(0)]
    cut: Annotated[
        Cut | None, "The limit that ended it before all were tried: `--work`, `--budget`, or none."
    ]


class ReportDocument(TypedDict):
    """The result for one case. It holds for the batch and the weights that were used."""

    name: Annotated[str, "The case's name: that of its factory, or its own."]
    verdict: Annotated[
        _Verdict,
        "The most severe of the variables' verdicts, or `inconclusive` if the case as a whole could not be "
        "judged.",
    ]
    reason: Annotated[
        str, "What the verdict is based on. If user code raised, it ends with the traceback.", NotEmpty()
    ]
    losses: LossesDocument
    variables: Annotated[
        list[VariableDocument],
        "One entry per variable, in the order of the case; none if the case could not be run.",
    ]
    findings: Annotated[list[FindingDocument], "Explanations of the verdict, the most certain first."]
    trials: Annotated[
        TrialsDocument | None,
        "Set if several batches were compared; the rest of the report is about the worst of them.",
    ]
    search: Annotated[SearchDocument | None, "Set if edits of the candidate were tried."]
    known: Annotated[bool, "Whether a baseline has the verdict, and all that explains it."]
    parts: NotRequired[
        Annotated[
            list[ReportDocument],
            "The report on each of several named losses, where one report stands for all; `diff` lists "
            "them as cases.",
        ]
    ]


class DiffDocument(Header):
    """The output of ``gradcheck diff TARGET --format json``: one document on stdout, and nothing else."""

    cases: Annotated[
        list[ReportDocument], "One report per case of the target, in the order of the file.", NotEmpty()
    ]
