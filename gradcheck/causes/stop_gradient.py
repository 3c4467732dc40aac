"""A gradient that is stopped where it should pass, or passes where it should be stopped."""

from __future__ import annotations

from gradcheck.causes.evidence import Evidence
from gradcheck.causes.proposal import Proposal, Proposer, once_per_place
from gradcheck.causes.queries import BINARY, cut, trained
from gradcheck.causes.rewriting import argument_alone, operand_wrapped, wrapped
from gradcheck.edits import OnInput, OnOutput, Skip
from gradcheck.findings import Finding
from gradcheck.recording import Op, Recording
from gradcheck.source import assignment_at


def find(evidence: Evidence) -> list[Finding]:
    """Return the stops that leave a variable without any gradient, where the reference has one."""
    found: dict[Op, list[str]] = {}
    for path in sorted(evidence.missing):
        op = cut(path, evidence.candidate)
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
        notes=("in the reference there is one",),
    )


def propose(evidence: Evidence) -> list[Proposal]:
    """Return every stop taken away, and one put around every expression that depends on a variable."""
    recording = evidence.candidate
    stops = [op for op in recording.ops if op.index in recording.contributing and op.type == "StopGradient"]
    results = set(recording.results)
    passing = [op for op in once_per_place(trained(recording)) if op in results]
    return [_one_too_many(op, recording) for op in once_per_place(stops)] + [
        proposal for op in passing for proposal in _missing(op, recording)
    ]


def _one_too_many(op: Op, recording: Recording) -> Proposal:
    return Proposer("stop_gradient", recording)(
        op,
        Skip(0),
        "the gradient is stopped here and should pass",
        text=argument_alone(op, {"stop_gradient"}),
    )


def _missing(op: Op, recording: Recording) -> list[Proposal]:
    # Stopping earlier or later on the way often does the same. People stop the quantity that they gave a
    # name, such as the target or the advantage, and of these the one nearest to the loss.
    named = op.site is not None and assignment_at(op.site) is not None
    preference = -op.index if named else len(recording.ops) - op.index
    proposer, said = Proposer("stop_gradient", recording), "the gradient passes here and should be stopped"
    operands = [
        proposer(
            op,
            OnInput(number, "stop_gradient"),
            said,
            text=operand_wrapped(op, number, "tf.stop_gradient({})"),
            unlikely=1,
            preference=preference,
        )
        for number, tensor in enumerate(op.inputs)
        if op.type in BINARY and tensor in recording.trainable
    ]
    whole = proposer(
        op,
        OnOutput("stop_gradient"),
        said,
        text=wrapped(op, "tf.stop_gradient({})", recording),
        unlikely=1,
        preference=preference,
    )
    return [*operands, whole]
