"""A sum where a mean was meant, a wrong count, a mean of means."""

from __future__ import annotations

from dataclasses import replace

from gradcheck.causes.evidence import Evidence
from gradcheck.causes.proposal import Proposal, once_per_place
from gradcheck.causes.proposal import propose as propose_change
from gradcheck.causes.queries import trained
from gradcheck.edits import AverageInput, Become, OnOutput
from gradcheck.findings import CauseName, Finding
from gradcheck.recording import Op, Recording

SAME = 1e-5
"""How close a factor that was found has to be to a size to be taken for it, relative to it."""

_OTHER = {"Sum": ("Mean", "reduce_sum", "reduce_mean"), "Mean": ("Sum", "reduce_mean", "reduce_sum")}


def find(evidence: Evidence) -> list[Finding]:
    """Return nothing: a factor alone does not say which reduction it came from."""
    return []


def propose(evidence: Evidence) -> list[Proposal]:
    """Return sum for mean and mean for sum, and one shared count for counts that differ between runs."""
    recording = evidence.candidate
    ops = [op for op in recording.ops if op.index in recording.contributing]
    swaps = [_swap(op, recording) for op in once_per_place(ops) if op.type in _OTHER]
    shared = [_shared(op, recording) for op in _divisions_that_vary(ops, recording)]
    terms = [op for op in once_per_place(trained(recording)) if op in recording.results]
    return swaps + shared + [_factor(op, evidence) for op in terms]


def _factor(op: Op, evidence: Evidence) -> Proposal:
    """Return the term with a factor of its own, which the search has to find."""
    recording = evidence.candidate
    proposal = propose_change(
        op,
        OnOutput("scale", 1.0),
        cause="reduction",
        message="",
        unlikely=1,
        preference=1 + (op.type not in _OTHER) * (2 + len(recording.ops) - op.index),
        recording=recording,
    )
    return replace(proposal, describe=lambda factor: _described(proposal.finding, op, factor, evidence))


def _described(finding: Finding, op: Op, factor: float, evidence: Evidence) -> Finding:
    """Return what a missing factor says, in words where it is the size of something."""
    cause: CauseName = "reduction"
    if abs(factor + 1) < SAME:
        return replace(finding, cause="sign", message="this has the wrong sign")
    size = _size_in_words(factor, evidence)
    if size is None and op.type not in _OTHER:
        cause = "other"
    direction = f"{1 / factor:.6g} times too large" if abs(factor) < 1 else f"{factor:.6g} times too small"
    return replace(finding, cause=cause, message=f"this is {direction}{size or ''}")


def _size_in_words(factor: float, evidence: Evidence) -> str | None:
    """Return what the factor, or one over it, is the size of."""
    times = max(factor, 1 / factor) if factor > 0 else 0.0
    n = evidence.samples
    if abs(times - n) < SAME * n:
        return f": n, the number of samples, is {n}"
    if n > 1 and abs(times - n / (n - 1)) < SAME:
        return f": that is n/(n - 1), n being {n}"
    lengths = {length for info in evidence.candidate.tensors.values() for length in info.shape if length > 1}
    if any(abs(times - length) < SAME * length for length in lengths):
        return f": an axis has {round(times)} elements"
    return None


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
