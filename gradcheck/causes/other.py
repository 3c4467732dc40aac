"""A coefficient that is not the one of the reference."""

from __future__ import annotations

from dataclasses import replace

from gradcheck.causes.evidence import Evidence
from gradcheck.causes.proposal import Proposal, Proposer, once_per_place
from gradcheck.causes.queries import BINARY, UNARY, scalar_constant, trained
from gradcheck.causes.rewriting import argument_wrapped
from gradcheck.edits import OnInput
from gradcheck.findings import Finding
from gradcheck.recording import Op, Recording

_BLIND_TO_SCALE = {"Neg", "Relu", "Abs", "Sign"}


def find(evidence: Evidence) -> list[Finding]:
    """Return nothing: no coefficient is wrong in itself."""
    return []


def propose(evidence: Evidence) -> list[Proposal]:
    """Return the argument of every function halved and doubled, and every constant with a factor."""
    recording = evidence.candidate
    functions = [op for op in once_per_place(trained(recording)) if op.type in UNARY - _BLIND_TO_SCALE]
    contributing = once_per_place(op for op in recording.ops if op.index in recording.contributing)
    return [
        *(_argument(op, factor, recording) for op in functions for factor in (0.5, 2.0)),
        *(
            _constant(op, number, recording)
            for op in contributing
            if op.type in BINARY
            for number, tensor in enumerate(op.inputs)
            if scalar_constant(tensor, recording)
        ),
    ]


def _argument(op: Op, factor: float, recording: Recording) -> Proposal:
    return Proposer("other", recording)(
        op,
        OnInput(0, "scale", factor),
        f"the argument of {op.type.lower()} is {1 / factor:g} times what it should be",
        text=argument_wrapped(op, f"{factor:g} * ({{0}})"),
        unlikely=3,
    )


def _constant(op: Op, number: int, recording: Recording) -> Proposal:
    """Return a constant with a factor of its own, which the search has to find."""
    value = scalar_constant(op.inputs[number], recording) or 0.0
    proposal = Proposer("other", recording)(op, OnInput(number, "scale", 1.0), "", unlikely=4)

    def describe(factor: float) -> Finding:
        message = f"the constant {value:.6g} should be {value * factor:.6g}"
        return replace(proposal.finding, message=message)

    return replace(proposal, describe=describe)
