"""A sum where a mean was meant, a wrong count, a mean of means."""

from __future__ import annotations

from gradcheck.causes.evidence import Evidence
from gradcheck.causes.proposal import Proposal, once_per_place
from gradcheck.causes.proposal import propose as propose_change
from gradcheck.edits import AverageInput, Become
from gradcheck.findings import Finding
from gradcheck.recording import Op, Recording

_OTHER = {"Sum": ("Mean", "reduce_sum", "reduce_mean"), "Mean": ("Sum", "reduce_mean", "reduce_sum")}


def find(evidence: Evidence) -> list[Finding]:
    """Return nothing: a factor alone does not say which reduction it came from."""
    return []


def propose(evidence: Evidence) -> list[Proposal]:
    """Return sum for mean and mean for sum, and one shared count for counts that differ between runs."""
    recording = evidence.candidate
    ops = [op for op in recording.ops if op.index in recording.contributing]
    swaps = [_swap(op, recording) for op in once_per_place(ops) if op.type in _OTHER]
    return swaps + [_shared(op, recording) for op in _divisions_that_vary(ops, recording)]


def _swap(op: Op, recording: Recording) -> Proposal:
    other, name, new = _OTHER[op.type]
    span = op.span
    text = None
    if span is not None and span.text.count(name) == 1:
        text = span.text.replace(name, new)
    shape = recording.tensors[op.inputs[0]].shape
    return propose_change(
        op,
        Become(other),
        cause="reduction",
        message=f"{name} of {shape} where {new} was meant",
        text=text,
        unlikely=1,
        recording=recording,
    )


def _divisions_that_vary(ops: list[Op], recording: Recording) -> list[Op]:
    """Return divisions that run several times, by counts that differ and that no variable moves."""
    found = []
    for op in once_per_place(op for op in ops if op.type in ("RealDiv", "DivNoNan", "Div")):
        runs = [run for run in ops if run.site == op.site and run.type == op.type]
        counts = [recording.array(run.inputs[1]) for run in runs]
        fixed = all(run.inputs[1] not in recording.trainable for run in runs)
        if fixed and len({count.tobytes() for count in counts}) > 1:
            found.append(op)
    return found


def _shared(op: Op, recording: Recording) -> Proposal:
    return propose_change(
        op,
        AverageInput(1),
        cause="reduction",
        message="a mean of means: each part is divided by its own count, so small parts weigh too much",
        notes=("divide every part by the same count: the total over all parts, or its mean over the parts",),
        unlikely=0,
        recording=recording,
    )
