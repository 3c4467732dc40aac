"""The wrong element: a shifted slice, a gather without its batch axis, the first row for all."""

from __future__ import annotations

import itertools
from dataclasses import replace

from gradcheck.causes.evidence import Evidence
from gradcheck.causes.proposal import Proposal, once_per_place
from gradcheck.causes.proposal import propose as propose_change
from gradcheck.edits import Change, Edit, GatherAlong, OnInput, ShiftSlice, Skip, place_of
from gradcheck.findings import Finding
from gradcheck.recording import Op, Recording
from gradcheck.source import call_at, with_keywords


def find(evidence: Evidence) -> list[Finding]:
    """Return nothing: no index is wrong in itself."""
    return []


def propose(evidence: Evidence) -> list[Proposal]:
    """Return other batch axes and shifted indices for gathers, shifted or no bounds for slices."""
    recording = evidence.candidate
    ops = once_per_place(op for op in recording.ops if op.index in recording.contributing)
    found: list[Proposal] = []
    for op in ops:
        if op.type == "GatherV2":
            found += _gathers(op, recording)
        elif op.type == "StridedSlice":
            found += _slices(op, recording)
        elif op.type in ("OneHot", "SparseSoftmaxCrossEntropyWithLogits"):
            number = 0 if op.type == "OneHot" else 1
            found += [
                _proposal(op, OnInput(number, "add", by), f"the indices are off by {by}", None, 3, recording)
                for by in (-1, 1)
            ]
        elif op.type in ("Roll", "ReverseV2"):
            found.append(
                _proposal(
                    op, Skip(0), f"{op.type} moves elements away from their partners", None, 1, recording
                )
            )
    return found + _slice_pairs([op for op in ops if op.type == "StridedSlice"], recording)


def _slice_pairs(slices: list[Op], recording: Recording) -> list[Proposal]:
    """Return both of two slices left out that stand in one line, as logits and labels do."""
    found = []
    for one, other in itertools.combinations(slices, 2):
        if one.span and other.span and one.span.line == other.span.line and _crops(one, recording):
            message = "both slices leave out elements that were left out already, or should stay"
            proposal = _proposal(one, Skip(0), message, None, 1, recording)
            edits = (*proposal.edits, Edit(place_of(other), Skip(0)))
            found.append(replace(proposal, edits=edits))
    return found


def _crops(op: Op, recording: Recording) -> bool:
    source, result = recording.tensors[op.inputs[0]].shape, recording.tensors[op.outputs[0]].shape
    return len(source) == len(result) and source != result


def _gathers(op: Op, recording: Recording) -> list[Proposal]:
    values, indices = recording.shapes(op.inputs[:2])
    own = (int(recording.array(op.inputs[2])), int(op.attributes.get("batch_dims") or 0))
    found = []
    for batch_dims in range(min(len(values), len(indices) + 1)):
        for axis in range(batch_dims, len(values)):
            if (axis, batch_dims) != own:
                call = None if op.site is None else call_at(op.site)
                settings = (
                    {"axis": str(axis), "batch_dims": str(batch_dims)}
                    if axis != batch_dims
                    else {"batch_dims": str(batch_dims)}
                )
                text = (
                    with_keywords(call, settings)
                    if call is not None and call.name == "gather" and len(call.positional) == 2
                    else None
                )
                message = f"gather picks along axis {own[0]} with batch_dims={own[1]}: {values} by {indices}"
                found.append(_proposal(op, GatherAlong(axis, batch_dims), message, text, 0, recording))
    found += [
        _proposal(op, OnInput(1, "add", by), f"the indices are off by {by}", None, 3, recording)
        for by in (-1, 1)
    ]
    return found


def _slices(op: Op, recording: Recording) -> list[Proposal]:
    found = []
    source, result = recording.tensors[op.inputs[0]].shape, recording.tensors[op.outputs[0]].shape
    axes = recording.tensors[op.inputs[1]].size
    shrunk = int(op.attributes.get("shrink_axis_mask") or 0)
    if source != result and len(source) == len(result):
        found.append(_proposal(op, Skip(0), f"the slice leaves out part of {source}", None, 2, recording))
    for axis in range(axes):
        for begin, end in ((1, 1), (-1, -1), (1, 0), (-1, 0), (0, 1), (0, -1)):
            if shrunk >> axis & 1 and begin != end:
                continue
            message = f"the slice of {source} is shifted along axis {axis}"
            found.append(_proposal(op, ShiftSlice(axis, begin, end), message, None, 3, recording))
    return found


def _proposal(
    op: Op, change: Change, message: str, text: str | None, unlikely: int, recording: Recording
) -> Proposal:
    return propose_change(
        op, change, cause="index", message=message, text=text, unlikely=unlikely, recording=recording
    )
