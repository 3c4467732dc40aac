"""A reduction, a softmax or an argmax over the wrong axis."""

from __future__ import annotations

import itertools

from gradcheck.causes.evidence import Evidence
from gradcheck.causes.proposal import Proposal, Proposer, once_per_place
from gradcheck.causes.queries import REDUCTIONS, reduced_axes
from gradcheck.causes.rewriting import keywords_set
from gradcheck.edits import AlongAxis, OverAxes
from gradcheck.findings import Finding
from gradcheck.recording import Op, Recording

_ALONG = {"Softmax": "softmax", "LogSoftmax": "log_softmax", "ArgMax": "argmax"}
_LARGEST_RANK = 4


def find(evidence: Evidence) -> list[Finding]:
    """Return nothing: no axis is wrong in itself."""
    return []


def propose(evidence: Evidence) -> list[Proposal]:
    """Return every reduction over other axes, and every softmax and argmax along another axis."""
    recording = evidence.candidate
    ops = once_per_place(op for op in recording.ops if op.index in recording.contributing)
    reductions = [p for op in ops if op.type in REDUCTIONS for p in _reductions(op, recording)]
    return reductions + [p for op in ops if op.type in _ALONG for p in _along(op, recording)]


def _reductions(op: Op, recording: Recording) -> list[Proposal]:
    rank = len(recording.tensors[op.inputs[0]].shape)
    if rank > _LARGEST_RANK:
        return []
    own = OverAxes(reduced_axes(op, recording), bool(op.attributes.get("keep_dims")))
    subsets = [axes for k in range(1, rank + 1) for axes in itertools.combinations(range(rank), k)]
    choices = [OverAxes(axes, keeps) for axes in subsets for keeps in (own.keepdims, not own.keepdims)]
    return [_reduction(op, own, choice, recording) for choice in choices if choice != own]


def _reduction(op: Op, own: OverAxes, choice: OverAxes, recording: Recording) -> Proposal:
    shape = recording.tensors[op.inputs[0]].shape
    name = REDUCTIONS[op.type]
    settings = {"axis": str(choice.axes[0] if len(choice.axes) == 1 else list(choice.axes))}
    if choice.keepdims != own.keepdims:
        settings["keepdims"] = str(choice.keepdims)
    return Proposer("axis", recording)(
        op,
        choice,
        f"{name} of {shape} runs over {_words(own.axes)}; {_words(choice.axes)} was meant",
        text=keywords_set(op, {name}, **settings),
        # What keeps the rank of the result fits the rest of the loss more often.
        unlikely=1 if choice.keepdims == own.keepdims else 3,
    )


def _along(op: Op, recording: Recording) -> list[Proposal]:
    shape = recording.tensors[op.inputs[0]].shape
    name = _ALONG[op.type]
    own = int(recording.array(op.inputs[1])) % len(shape) if op.type == "ArgMax" else len(shape) - 1
    return [
        Proposer("axis", recording)(
            op,
            AlongAxis(axis),
            f"{name} of {shape} runs along {_words((own,))}; {_words((axis,))} was meant",
            text=keywords_set(op, {name}, axis=str(axis)),
            unlikely=1,
        )
        for axis in range(len(shape))
        if axis != own
    ]


def _words(axes: tuple[int, ...]) -> str:
    return ("axis " if len(axes) == 1 else "axes ") + ", ".join(map(str, axes))
