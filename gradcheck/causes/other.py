"""A coefficient that is not the one of the reference."""

from __future__ import annotations

from gradcheck.causes.evidence import Evidence
from gradcheck.causes.proposal import Proposal, once_per_place
from gradcheck.causes.proposal import propose as propose_change
from gradcheck.causes.queries import UNARY, trained
from gradcheck.edits import OnInput
from gradcheck.findings import Finding


def find(evidence: Evidence) -> list[Finding]:
    """Return nothing: no coefficient is wrong in itself."""
    return []


def propose(evidence: Evidence) -> list[Proposal]:
    """Return the argument of every function halved and doubled."""
    recording = evidence.candidate
    return [
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
