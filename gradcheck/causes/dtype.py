"""A value that is truncated or wraps around in an integer dtype."""

from __future__ import annotations

from gradcheck.causes.evidence import Evidence
from gradcheck.causes.proposal import Proposal, once_per_place
from gradcheck.causes.proposal import propose as propose_change
from gradcheck.causes.queries import BINARY
from gradcheck.edits import Become, Edit, OnInput, Skip, place_of
from gradcheck.findings import Finding
from gradcheck.recording import Op, Recording


def find(evidence: Evidence) -> list[Finding]:
    """Return nothing: a cast to an integer may well be meant."""
    return []


def propose(evidence: Evidence) -> list[Proposal]:
    """Return every cast to an integer left out, and arithmetic on integers done in floating point."""
    recording = evidence.candidate
    ops = once_per_place(op for op in recording.ops if op.index in recording.contributing)
    found = [_cast(op, recording) for op in ops if op.type == "Cast" and _loses(op, recording)]
    found += [
        _wraps(op, recording)
        for op in ops
        if op.type in BINARY and not recording.tensors[op.outputs[0]].floating
    ]
    found += [_floors(op, recording) for op in ops if op.type == "FloorDiv"]
    return found


def _loses(op: Op, recording: Recording) -> bool:
    return recording.tensors[op.inputs[0]].floating and not recording.tensors[op.outputs[0]].floating


def _cast(op: Op, recording: Recording) -> Proposal:
    before, after = recording.tensors[op.inputs[0]].dtype, recording.tensors[op.outputs[0]].dtype
    return propose_change(
        op,
        Skip(0),
        cause="dtype",
        message=f"a cast from {before} to {after} truncates",
        unlikely=0,
        recording=recording,
    )


def _wraps(op: Op, recording: Recording) -> Proposal:
    dtype = recording.tensors[op.outputs[0]].dtype
    proposal = propose_change(
        op,
        OnInput(0, "as_float"),
        cause="dtype",
        message=f"{dtype} arithmetic wraps around or truncates: cast to a floating dtype before it",
        unlikely=1,
        recording=recording,
    )
    both = tuple(Edit(place_of(op), OnInput(number, "as_float")) for number in range(len(op.inputs)))
    return Proposal(finding=proposal.finding, edits=both, text=None, unlikely=1)


def _floors(op: Op, recording: Recording) -> Proposal:
    return propose_change(
        op,
        Become("RealDiv"),
        cause="dtype",
        message="`//` rounds down where `/` was meant",
        text=op.span.text.replace("//", "/") if op.span and op.span.text.count("//") == 1 else None,
        unlikely=0,
        recording=recording,
    )
