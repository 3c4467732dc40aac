"""A gradient that is stopped where it should pass, or passes where it should be stopped."""

from __future__ import annotations

from gradcheck.causes.evidence import Evidence
from gradcheck.causes.proposal import (
    Proposal,
    around,
    once_per_place,
    with_operand,
)
from gradcheck.causes.proposal import (
    propose as propose_change,
)
from gradcheck.causes.queries import BINARY, cut, trained
from gradcheck.edits import OnInput, OnOutput, Skip
from gradcheck.findings import Finding
from gradcheck.recording import Op, Recording
from gradcheck.source import assignment_at, call_at


def find(evidence: Evidence) -> list[Finding]:
    """Return the stops through which alone a variable could have its gradient, and which cut it off."""
    recording = evidence.candidate
    found: dict[Op, list[str]] = {}
    for path in sorted(evidence.missing):
        op = cut(path, recording)
        if op is not None and op.type == "StopGradient":
            found.setdefault(op, []).append(path)
    return [_cuts_off(op, paths) for op, paths in found.items()]


def _cuts_off(op: Op, paths: list[str]) -> Finding:
    names = ", ".join(f"`{path}`" for path in paths)
    return Finding(
        cause="stop_gradient",
        message=f"this stop leaves {names} without any gradient",
        span=op.span,
        severity="error",
        notes=("the reference has one",),
    )


def propose(evidence: Evidence) -> list[Proposal]:
    """Return every stop taken away, and one put around every expression that depends on a variable."""
    recording = evidence.candidate
    stops = [op for op in recording.ops if op.index in recording.contributing and op.type == "StopGradient"]
    missing = once_per_place(op for op in trained(recording) if op in recording.results)
    return [_one_too_many(op, recording) for op in once_per_place(stops)] + [
        proposal for op in missing for proposal in _missing(op, recording)
    ]


def _one_too_many(op: Op, recording: Recording) -> Proposal:
    call = None if op.site is None else call_at(op.site)
    text = call.positional[0].text if call and call.name == "stop_gradient" and call.positional else None
    return propose_change(
        op,
        Skip(0),
        cause="stop_gradient",
        message="the gradient is stopped here and should pass",
        text=text,
        unlikely=0,
        recording=recording,
    )


def _missing(op: Op, recording: Recording) -> list[Proposal]:
    # Stopping earlier or later on the way often does the same. People stop the quantity that they gave a
    # name, such as the target or the advantage, and of these the one nearest to the loss.
    named = op.site is not None and assignment_at(op.site) is not None
    preference = -op.index if named else len(recording.ops) - op.index
    said = "the gradient passes here and should be stopped"
    found = [
        propose_change(
            op,
            OnOutput("stop_gradient"),
            cause="stop_gradient",
            message=said,
            text=around(op.span, "tf.stop_gradient({})"),
            unlikely=1,
            preference=preference,
            recording=recording,
        )
    ]
    if op.type in BINARY:
        for number, tensor in enumerate(op.inputs):
            if tensor in recording.trainable:
                found.insert(
                    0,
                    propose_change(
                        op,
                        OnInput(number, "stop_gradient"),
                        cause="stop_gradient",
                        message=said,
                        text=with_operand(op, frozenset(), number, "tf.stop_gradient({})"),
                        unlikely=1,
                        preference=preference,
                        recording=recording,
                    ),
                )
    return found
