"""A reduction, a softmax or an argmax over the wrong axis."""

from __future__ import annotations

import itertools

from gradcheck.causes.evidence import Evidence
from gradcheck.causes.proposal import Proposal, once_per_place
from gradcheck.causes.proposal import propose as propose_change
from gradcheck.causes.queries import REDUCTIONS, reduced_axes
from gradcheck.edits import AlongAxis, OverAxes
from gradcheck.findings import Finding
from gradcheck.recording import Op, Recording
from gradcheck.source import call_at, with_keywords

_ALONG = {"Softmax": "softmax", "LogSoftmax": "log_softmax", "ArgMax": "argmax"}


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
    own = reduced_axes(op, recording)
    keeps = bool(op.attributes.get("keep_dims"))
    if rank > 4:
        return []
    subsets = [axes for k in range(1, rank + 1) for axes in itertools.combinations(range(rank), k)]
    # First what keeps the rank of the result, so that the rest of the loss still fits.
    choices = [
        (axes, kept) for kept in (keeps, not keeps) for axes in subsets if (axes, kept) != (own, keeps)
    ]
    return [_reduction(op, own, axes, kept, keeps, recording) for axes, kept in choices]


def _reduction(
    op: Op, own: tuple[int, ...], axes: tuple[int, ...], keepdims: bool, kept: bool, recording: Recording
) -> Proposal:
    shape = recording.tensors[op.inputs[0]].shape
    return propose_change(
        op,
        OverAxes(axes, keepdims),
        cause="axis",
        message=f"{REDUCTIONS[op.type]} of {shape} runs over {_words(own)}; {_words(axes)} was meant",
        text=_with_axis(
            op, axes[0] if len(axes) == 1 else list(axes), keepdims if keepdims != kept else None
        ),
        unlikely=1 if keepdims == kept else 3,
        recording=recording,
    )


def _along(op: Op, recording: Recording) -> list[Proposal]:
    shape = recording.tensors[op.inputs[0]].shape
    if op.type == "ArgMax":
        own = int(recording.array(op.inputs[1])) % len(shape)
    else:
        own = len(shape) - 1
    return [
        propose_change(
            op,
            AlongAxis(axis),
            cause="axis",
            message=f"{_ALONG[op.type]} of {shape} runs along {_words((own,))}; {_words((axis,))} was meant",
            text=_with_axis(op, axis, None),
            unlikely=1,
            recording=recording,
        )
        for axis in range(len(shape))
        if axis != own
    ]


def _with_axis(op: Op, axis: int | list[int], keepdims: bool | None) -> str | None:
    """Return the call with another axis written into it."""
    call = None if op.site is None else call_at(op.site)
    if call is None or not (call.name in REDUCTIONS.values() or call.name in _ALONG.values()):
        return None
    settings = {"axis": str(axis)} if keepdims is None else {"axis": str(axis), "keepdims": str(keepdims)}
    return with_keywords(call, settings)


def _words(axes: tuple[int, ...]) -> str:
    return ("axis " if len(axes) == 1 else "axes ") + ", ".join(map(str, axes))
