"""A coefficient that is not the one of the reference."""

from __future__ import annotations

from dataclasses import replace

from gradcheck.causes.evidence import Evidence
from gradcheck.causes.proposal import Proposal, once_per_place
from gradcheck.causes.proposal import propose as propose_change
from gradcheck.causes.queries import BINARY, UNARY, scalar_constant, trained
from gradcheck.edits import OnInput
from gradcheck.findings import Finding
from gradcheck.recording import Op, Recording


def find(evidence: Evidence) -> list[Finding]:
    """Return nothing: no coefficient is wrong in itself."""
    return []


def propose(evidence: Evidence) -> list[Proposal]:
    """Return the argument of every function halved and doubled."""
    recording = evidence.candidate
    contributing = [op for op in recording.ops if op.index in recording.contributing]
    constants = [
        _constant(op, number, recording)
        for op in once_per_place(contributing)
        if op.type in BINARY
        for number, tensor in enumerate(op.inputs)
        if scalar_constant(tensor, recording)
    ]
    return constants + [
        propose_change(
            op,
            OnInput(0, "scale", factor),
            cause="other",
            message=f"the argument of {op.type.lower()} is {1 / factor:g} times what it should be",
            unlikely=3,
            recording=recording,
        )
        for op in once_per_place(trained(recording))
        if op.type in UNARY - {"Neg", "Relu", "Abs"}
        for factor in (0.5, 2.0)
    ]


def _constant(op: Op, number: int, recording: Recording) -> Proposal:
    """Return a constant with a factor of its own, which the search has to find."""
    value = scalar_constant(op.inputs[number], recording) or 0.0
    proposal = propose_change(
        op, OnInput(number, "scale", 1.0), cause="other", message="", unlikely=4, recording=recording
    )

    def describe(factor: float) -> Finding:
        message = f"the constant {value:.6g} should be {value * factor:.6g}"
        return replace(proposal.finding, message=message)

    return replace(proposal, describe=describe)
