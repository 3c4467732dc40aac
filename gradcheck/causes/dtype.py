"""A value that is truncated or wraps around in an integer dtype."""

from __future__ import annotations

from gradcheck.causes.evidence import Evidence
from gradcheck.causes.proposal import Proposal, Proposer, once_per_place
from gradcheck.causes.queries import BINARY
from gradcheck.causes.rewriting import argument_alone, operator_replaced
from gradcheck.edits import Become, OnInput, Skip
from gradcheck.findings import Finding
from gradcheck.recording import Op, Recording


def find(evidence: Evidence) -> list[Finding]:
    """Return nothing: a cast to an integer may well be meant."""
    return []


def propose(evidence: Evidence) -> list[Proposal]:
    """Return every cast to an integer left out, and arithmetic on integers done in floating point."""
    recording = evidence.candidate
    ops = once_per_place(op for op in recording.ops if op.index in recording.contributing)
    return [
        *(_cast(op, recording) for op in ops if op.type == "Cast" and _truncates(op, recording)),
        *(_floor(op, recording) for op in ops if op.type == "FloorDiv"),
        *(_arithmetic(op, recording) for op in ops if op.type in BINARY and _in_integers(op, recording)),
    ]


def _truncates(op: Op, recording: Recording) -> bool:
    return recording.tensors[op.inputs[0]].floating and _in_integers(op, recording)


def _in_integers(op: Op, recording: Recording) -> bool:
    return not recording.tensors[op.outputs[0]].floating


def _cast(op: Op, recording: Recording) -> Proposal:
    before, after = recording.tensors[op.inputs[0]].dtype, recording.tensors[op.outputs[0]].dtype
    return Proposer("dtype", recording)(
        op, Skip(0), f"a cast from {before} to {after} truncates", text=argument_alone(op, {"cast"})
    )


def _arithmetic(op: Op, recording: Recording) -> Proposal:
    dtype = recording.tensors[op.outputs[0]].dtype
    message = f"{dtype} arithmetic wraps around or truncates: cast to a floating dtype before it"
    proposal = Proposer("dtype", recording)(op, OnInput(0, "as_float"), message, unlikely=1)
    return proposal.and_also(op, OnInput(1, "as_float"))


def _floor(op: Op, recording: Recording) -> Proposal:
    message = "`//` rounds down where `/` was meant"
    return Proposer("dtype", recording)(op, Become("RealDiv"), message, text=operator_replaced(op, "//", "/"))
