"""A quantity that cannot move: softmax over a single unit is constantly 1."""

from __future__ import annotations

from gradcheck.causes.evidence import Evidence
from gradcheck.findings import Finding, Severity
from gradcheck.recording import Op, Recording


def find(evidence: Evidence) -> list[Finding]:
    """Return one finding per softmax over one unit that the candidate's loss depends on.

    It explains a verdict when nothing was compared, or when only the candidate has it; where both sides
    share it and something else differs, it is a note.
    """
    shared = any(_softmax_over_one(op, evidence.reference) for op in evidence.reference.ops)
    explains = evidence.verdict == "vacuous" or (evidence.verdict == "different" and not shared)
    recording = evidence.candidate
    places = {op.site: op for op in recording.ops if _softmax_over_one(op, recording)}
    return [_finding(op, recording, "error" if explains else "note") for op in places.values()]


def _softmax_over_one(op: Op, recording: Recording) -> bool:
    if op.type not in ("Softmax", "LogSoftmax") or op.index not in recording.contributing:
        return False
    return recording.tensors[op.inputs[0]].shape[-1:] == (1,)


def _finding(op: Op, recording: Recording, severity: Severity) -> Finding:
    name, constant = ("softmax", 1) if op.type == "Softmax" else ("log-softmax", 0)
    shape = recording.tensors[op.inputs[0]].shape
    return Finding(
        cause="dead",
        message=f"{name} over one unit is constantly {constant}: nothing before it can learn",
        span=op.span,
        shapes=(shape, recording.tensors[op.outputs[0]].shape),
        severity=severity,
        notes=(
            "its gradient is exactly zero, whatever the weights are",
            "for one output use a linear unit, or a sigmoid where it is a probability",
        ),
    )
