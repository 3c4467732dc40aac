"""A quantity that cannot move: softmax over a single unit is constantly 1."""

from __future__ import annotations

import numpy as np

from gradcheck.causes.evidence import Evidence
from gradcheck.causes.proposal import Proposal, once_per_place
from gradcheck.causes.proposal import propose as propose_change
from gradcheck.causes.queries import is_constant, trained
from gradcheck.edits import Become, Change, Edit, Skip, place_of
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
    found = [_finding(op, recording, "error" if explains else "note") for op in places.values()]
    return found + (_held_back(evidence) if evidence.verdict == "different" else [])


def _held_back(evidence: Evidence) -> list[Finding]:
    """Return the clips that the candidate has and that hold back some elements: their gradient is zero."""
    recording = evidence.candidate
    reference = {op.type for op in evidence.reference.ops}
    found = []
    for op in once_per_place(trained(recording)):
        share = saturated_share(op, recording) if op.type in _CLIPS and op.type not in reference else 0.0
        if share > 0:
            found.append(
                Finding(
                    cause="dead",
                    message=f"the gradient is zero for the {share:.0%} of elements that are clipped here",
                    span=op.span,
                    shapes=tuple(recording.shapes(op.outputs)),
                    notes=("the reference clips nothing in this way",),
                )
            )
    return found


_CLIPS = {"ClipByValue", "Maximum", "Minimum"}


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


def propose(evidence: Evidence) -> list[Proposal]:
    """Return a sigmoid for a softmax over one unit, and clips and rectifiers left out."""
    recording = evidence.candidate
    found: list[Proposal] = []
    for op in once_per_place(trained(recording)):
        if _softmax_over_one(op, recording):
            message = "softmax over one unit is constantly 1: nothing before it can learn"
            text = op.span.text.replace("softmax", "sigmoid") if op.span else None
            found.append(_proposal(op, Become("Sigmoid"), message, text, 0, recording))
        elif op.type in ("ClipByValue", "Relu", "Relu6", "Maximum", "Minimum"):
            found += _saturated(op, recording)
    return found + _swapped_bounds(recording)


def _saturated(op: Op, recording: Recording) -> list[Proposal]:
    name = {"ClipByValue": "clip", "Maximum": "maximum", "Minimum": "minimum"}.get(op.type, "relu")
    share = saturated_share(op, recording)
    return [
        _proposal(
            op,
            Skip(number),
            f"{name} stops the gradient of whatever lies outside its bounds",
            None,
            0 if share > 0.5 else 1,
            recording,
        )
        for number, tensor in enumerate(op.inputs)
        if not is_constant(tensor, recording)
        and recording.tensors[tensor].shape == recording.tensors[op.outputs[0]].shape
    ]


def saturated_share(op: Op, recording: Recording) -> float:
    """Return the share of elements that a clip, bound or rectifier holds back."""
    before = next((t for t in op.inputs if not is_constant(t, recording)), op.inputs[0])
    given, made = recording.array(before), recording.array(op.outputs[0])
    return float(np.mean(given != made)) if given.shape == made.shape and given.size else 0.0


def _swapped_bounds(recording: Recording) -> list[Proposal]:
    """Return clips whose lower bound is the larger: the minimum runs first, and the maximum undoes it."""
    found = []
    for op in once_per_place(trained(recording)):
        before = recording.producer(op.inputs[0])
        if op.type == "Maximum" and before is not None and before.type == "Minimum":
            swapped = (Edit(place_of(op), Become("Minimum")), Edit(place_of(before), Become("Maximum")))
            proposal = _proposal(
                op,
                Become("Minimum"),
                "the bounds of the clip are swapped: everything is clipped",
                None,
                0,
                recording,
            )
            found.append(Proposal(finding=proposal.finding, edits=swapped, unlikely=0))
    return found


def _proposal(
    op: Op, change: Change, message: str, text: str | None, unlikely: int, recording: Recording
) -> Proposal:
    return propose_change(
        op, change, cause="dead", message=message, text=text, unlikely=unlikely, recording=recording
    )
