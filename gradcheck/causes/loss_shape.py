"""A loss that is not a scalar: GradientTape sums it in silence."""

from __future__ import annotations

from gradcheck.causes.evidence import Evidence
from gradcheck.causes.proposal import Proposal
from gradcheck.findings import Finding
from gradcheck.recording import Recording


def find(evidence: Evidence) -> list[Finding]:
    """Return one finding per formulation whose loss has a shape other than ``()`` and ``(1,)``."""
    sides = {"reference": evidence.reference, "candidate": evidence.candidate}
    return [
        _finding(side, recording)
        for side, recording in sides.items()
        if recording.tensors[recording.loss].shape not in ((), (1,))
    ]


def _finding(side: str, recording: Recording) -> Finding:
    shape = recording.tensors[recording.loss].shape
    producer = recording.producer(recording.loss)
    return Finding(
        cause="loss_shape",
        message=f"the {side} returned a loss of shape {shape}, not a scalar",
        span=None if producer is None else producer.span,
        shapes=(shape,),
        severity="error",
        notes=(
            "tf.GradientTape differentiates the sum of its elements without saying so",
            "end in tf.reduce_mean(...) or tf.reduce_sum(...), whichever is meant",
        ),
    )


def propose(evidence: Evidence) -> list[Proposal]:
    """Return nothing: no edit of the ops repairs it."""
    return []
