"""The wrong element: a shifted slice, a gather without its batch axis, indices that are off by one."""

from __future__ import annotations

import itertools

from gradcheck.causes.evidence import Evidence
from gradcheck.causes.proposal import Proposal, Proposer, once_per_place
from gradcheck.causes.rewriting import argument_alone, keywords_set
from gradcheck.edits import GatherAlong, OnInput, ShiftSlice, Skip
from gradcheck.findings import Finding
from gradcheck.recording import Op, Recording

_INDICES = {"GatherV2": 1, "OneHot": 0, "SparseSoftmaxCrossEntropyWithLogits": 1}
"""Ops that take indices, and which of their inputs these are."""

_MOVES = {"Roll": "roll", "ReverseV2": "reverse"}
_SHIFTS = ((1, 1), (-1, -1), (1, 0), (-1, 0), (0, 1), (0, -1))


def find(evidence: Evidence) -> list[Finding]:
    """Return nothing: no index is wrong in itself."""
    return []


def propose(evidence: Evidence) -> list[Proposal]:
    """Return other batch axes and shifted indices for gathers, shifted or no bounds for slices."""
    recording = evidence.candidate
    ops = once_per_place(op for op in recording.ops if op.index in recording.contributing)
    slices = [op for op in ops if op.type == "StridedSlice"]
    return [
        *(proposal for op in ops if op.type == "GatherV2" for proposal in _gathers(op, recording)),
        *(_unmoved(op, recording) for op in ops if op.type in _MOVES),
        *_slice_pairs(slices, recording),
        *(proposal for op in slices for proposal in _shifted_slices(op, recording)),
        *(_shifted_indices(op, by, recording) for op in ops if op.type in _INDICES for by in (-1, 1)),
    ]


def _gathers(op: Op, recording: Recording) -> list[Proposal]:
    values, indices = recording.shapes(op.inputs[:2])
    own = GatherAlong(int(recording.array(op.inputs[2])), int(op.attributes.get("batch_dims") or 0))
    choices = [
        GatherAlong(axis, batch_dims)
        for batch_dims in range(min(len(values), len(indices) + 1))
        for axis in range(batch_dims, len(values))
    ]
    message = f"gather picks along axis {own.axis} with batch_dims={own.batch_dims}: {values} by {indices}"
    return [
        Proposer("index", recording)(op, choice, message, text=_gather_text(op, choice))
        for choice in choices
        if choice != own
    ]


def _gather_text(op: Op, choice: GatherAlong) -> str | None:
    settings = {"batch_dims": str(choice.batch_dims)}
    if choice.axis != choice.batch_dims:
        settings["axis"] = str(choice.axis)
    return keywords_set(op, {"gather"}, **settings)


def _unmoved(op: Op, recording: Recording) -> Proposal:
    name = _MOVES[op.type]
    message = f"{name} moves elements away from their partners"
    return Proposer("index", recording)(op, Skip(0), message, text=argument_alone(op, {name}), unlikely=1)


def _slice_pairs(slices: list[Op], recording: Recording) -> list[Proposal]:
    """Return both of two slices left out that stand in one line, as those of logits and labels do."""
    message = "both slices leave out elements that were left out already, or should stay"
    return [
        Proposer("index", recording)(one, Skip(0), message, unlikely=1).and_also(other, Skip(0))
        for one, other in itertools.combinations(slices, 2)
        if one.span and other.span and one.span.line == other.span.line and _crops(one, recording)
    ]


def _crops(op: Op, recording: Recording) -> bool:
    source, result = recording.tensors[op.inputs[0]].shape, recording.tensors[op.outputs[0]].shape
    return len(source) == len(result) and source != result


def _shifted_slices(op: Op, recording: Recording) -> list[Proposal]:
    source = recording.tensors[op.inputs[0]].shape
    proposer = Proposer("index", recording)
    found = []
    if _crops(op, recording):
        found.append(proposer(op, Skip(0), f"the slice leaves out part of {source}", unlikely=2))
    shrinking = int(op.attributes.get("shrink_axis_mask") or 0)
    for axis, (begin, end) in itertools.product(range(recording.tensors[op.inputs[1]].size), _SHIFTS):
        if begin == end or not shrinking >> axis & 1:  # one index has no bounds that could move apart
            message = f"the slice of {source} is shifted along axis {axis}"
            found.append(proposer(op, ShiftSlice(axis, begin, end), message, unlikely=3))
    return found


def _shifted_indices(op: Op, by: int, recording: Recording) -> Proposal:
    change = OnInput(_INDICES[op.type], "add", by)
    return Proposer("index", recording)(op, change, f"the indices are off by {-by}", unlikely=3)
