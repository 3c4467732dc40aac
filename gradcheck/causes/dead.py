"""A quantity that cannot move: softmax over a single unit is constantly 1."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gradcheck.causes.evidence import Evidence
from gradcheck.causes.proposal import Proposal, Proposer, once_per_place
from gradcheck.causes.queries import is_constant, trained
from gradcheck.causes.rewriting import argument_alone, arguments_swapped, function_replaced
from gradcheck.edits import Become, Skip
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
        share = _saturated_share(op, recording) if op.type in _CLIPS and op.type not in reference else 0.0
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
    """Return a sigmoid for softmax over one unit, clips and rectifiers left out, swapped bounds put right."""
    recording = evidence.candidate
    ops = once_per_place(trained(recording))
    return [
        *(_sigmoid(op, recording) for op in ops if _softmax_over_one(op, recording)),
        *(p for op in ops if op.type == "Maximum" for p in _swapped_bounds(op, recording)),
        *(p for op in ops if op.type in _HOLDING_BACK for p in _let_pass(op, recording)),
    ]


_HOLDING_BACK = {
    "ClipByValue": "clip",
    "Maximum": "maximum",
    "Minimum": "minimum",
    "Relu": "relu",
    "Relu6": "relu",
}


def _sigmoid(op: Op, recording: Recording) -> Proposal:
    return Proposer("dead", recording)(
        op,
        Become("Sigmoid"),
        "softmax over one unit is constantly 1: nothing before it can learn",
        text=function_replaced(op, "softmax", "sigmoid"),
    )


def _let_pass(op: Op, recording: Recording) -> list[Proposal]:
    share = _saturated_share(op, recording)
    message = f"{_HOLDING_BACK[op.type]} stops the gradient of the {share:.0%} of elements outside its bounds"
    held_back = next(
        (
            number
            for number, tensor in enumerate(op.inputs)
            if not is_constant(tensor, recording)
            and recording.tensors[tensor].shape == recording.tensors[op.outputs[0]].shape
        ),
        None,
    )
    if held_back is None:
        return []
    whole = Proposer("dead", recording)(
        op,
        Skip(held_back),
        message,
        text=argument_alone(op, {"clip_by_value", "relu", "relu6"}),
        unlikely=0 if share > 0.5 else 1,
    )
    other_half = recording.producer(op.inputs[held_back])
    if other_half is not None and other_half.site == op.site and other_half.type in _HOLDING_BACK:
        # tf.clip_by_value is a minimum and a maximum: left out together, or one of the bounds alone.
        return [whole.and_also(other_half, Skip(0)), replace(whole, text=None)]
    return [whole]


def _saturated_share(op: Op, recording: Recording) -> float:
    """Return the share of elements that a clip, bound or rectifier holds back."""
    before = next((t for t in op.inputs if not is_constant(t, recording)), op.inputs[0])
    given, made = recording.array(before), recording.array(op.outputs[0])
    return float(np.mean(given != made)) if given.shape == made.shape and given.size else 0.0


def _swapped_bounds(op: Op, recording: Recording) -> list[Proposal]:
    """Return the clip with its bounds exchanged: the minimum runs first, and the maximum undoes it."""
    before = recording.producer(op.inputs[0])
    if before is None or before.type != "Minimum":
        return []
    message = "the bounds of the clip are swapped: everything is clipped"
    text = arguments_swapped(op, {"clip_by_value"}, 1, 2)
    proposal = Proposer("dead", recording)(op, Become("Minimum"), message, text=text)
    return [proposal.and_also(before, Become("Maximum"))]
