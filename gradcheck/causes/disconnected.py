"""The graph is cut: what the loss is made of is a copy that no gradient passes through."""

from __future__ import annotations

import numpy as np

from gradcheck.causes.evidence import Evidence
from gradcheck.causes.proposal import Proposal
from gradcheck.causes.queries import is_constant
from gradcheck.edits import LOSS, Edit, Place, TakeFrom, place_of
from gradcheck.findings import Finding
from gradcheck.recording import Op, Recording


def find(evidence: Evidence) -> list[Finding]:
    """Return nothing: a copy may well be meant, as a target is."""
    return []


def propose(evidence: Evidence) -> list[Proposal]:
    """Return every constant that equals what an earlier op gave, taken from that op instead."""
    recording = evidence.candidate
    sources = _sources(recording)
    found = []
    if recording.producer(recording.loss) is None:
        found += _taken(LOSS, None, recording.loss, sources, recording)
    for op in recording.ops:
        for number, tensor in enumerate(op.inputs):
            if op.index in recording.contributing and _copy(tensor, recording):
                earlier = {place: ops for place, ops in sources.items() if ops[0].index < op.index}
                found += _taken(place_of(op), number, tensor, earlier, recording)
    return list({proposal.edits: proposal for proposal in found}.values())


def _copy(tensor: int, recording: Recording) -> bool:
    return is_constant(tensor, recording) and recording.tensors[tensor].floating


def _sources(recording: Recording) -> dict[Place, list[Op]]:
    """Return the ops that depend on a variable, by place."""
    places: dict[Place, list[Op]] = {}
    for op in recording.ops:
        if any(output in recording.trainable for output in op.outputs):
            places.setdefault(place_of(op), []).append(op)
    return places


def _taken(
    place: Place, number: int | None, tensor: int, sources: dict[Place, list[Op]], recording: Recording
) -> list[Proposal]:
    value = recording.array(tensor)
    found = []
    for source, ops in sources.items():
        reduction = _reduction(value, ops, recording)
        if reduction is not None:
            edit = Edit(place, TakeFrom(number or 0, source, reduction))
            finding = Finding(
                cause="disconnected",
                message="the graph is cut: the value computed here reaches the loss as a constant",
                span=ops[0].span,
                shapes=(recording.tensors[ops[0].outputs[0]].shape,),
                notes=(
                    "`.numpy()`, `float()`, NumPy functions and tf.constant copy the value and drop its gradient: "
                    "keep the tensor",
                ),
            )
            found.append(Proposal(finding=finding, edits=(edit,), unlikely=0))
    return found


def _reduction(value: np.ndarray, ops: list[Op], recording: Recording) -> str | None:
    """Return how `value` was made from the outputs at one place, if it was."""
    together = np.stack([recording.array(op.outputs[0]) for op in ops]) if _alike(ops, recording) else None
    if together is None:
        return None
    if len(ops) == 1:
        together = together[0]
    if value.shape == recording.array(ops[-1].outputs[0]).shape and any(
        np.array_equal(value, recording.array(op.outputs[0])) for op in ops
    ):
        return "same"
    if value.size == 1 and together.size > 1:
        close = {"mean": together.mean(dtype=np.float64), "sum": together.sum(dtype=np.float64)}
        return next(
            (name for name, made in close.items() if np.allclose(value, made, rtol=1e-5, atol=0)), None
        )
    if len(ops) > 1 and value.size == together.size and np.array_equal(value.ravel(), together.ravel()):
        return "stack"
    return None


def _alike(ops: list[Op], recording: Recording) -> bool:
    return len({recording.tensors[op.outputs[0]].shape for op in ops}) == 1
