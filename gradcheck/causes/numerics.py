"""Right on paper, wrong in floating point: softmax twice, a NaN in the backward pass, an epsilon."""

from __future__ import annotations

from gradcheck.causes.evidence import Evidence
from gradcheck.causes.proposal import Proposal, once_per_place
from gradcheck.causes.proposal import propose as propose_change
from gradcheck.causes.queries import UNARY, scalar_constant, trained
from gradcheck.edits import Change, Guard, Instead, Skip, place_of
from gradcheck.findings import Finding
from gradcheck.recording import Breakdown, Op, Recording

_POLES = {"Log", "Sqrt", "Rsqrt", "Reciprocal", "RealDiv", "Pow", "Acos", "Asin", "Log1p", "Div"}


def find(evidence: Evidence) -> list[Finding]:
    """Return the op at which the candidate's numbers break down, if they do."""
    return [] if evidence.breakdown is None else [_broken(evidence.breakdown, evidence.candidate)]


def _broken(breakdown: Breakdown, recording: Recording) -> Finding:
    op = breakdown.op
    name = op.type.lower()
    dtype = recording.tensors[op.outputs[0]].dtype
    notes: tuple[str, ...]
    if breakdown.what == "gradient":
        message = f"the gradient that {name} passes on is the first that is not finite"
        notes = ("what it is given there is a pole: a tf.where after it hides the value, not the gradient",)
    elif breakdown.what == "value":
        message = f"the result of {name} is the first that is not finite"
        notes = (f"in float64 it is finite: {dtype} overflows",) if breakdown.finite_in_float64 else ()
    else:
        message = f"{name} loses more than {dtype} can spare: its result has less than two digits right"
        notes = ("its operands cancel, or are too far apart in size; in float64 it is right",)
    shapes = (*recording.shapes(op.inputs), *recording.shapes(op.outputs))
    return Finding(
        cause="numerics", message=message, span=op.span, shapes=shapes, notes=notes, severity="error"
    )


def propose(evidence: Evidence) -> list[Proposal]:
    """Return guards for ops with poles, one of two squashing functions left out, and epsilons left out."""
    recording = evidence.candidate
    ops = once_per_place(trained(recording))
    selects = [op for op in recording.ops if op.type == "SelectV2" and op.index in recording.contributing]
    found: list[Proposal] = []
    for op in ops:
        if op.type in _POLES:
            found += _guards(op, selects, recording)
        if (
            op.type in UNARY - {"Neg"}
            and recording.tensors[op.inputs[0]].shape == recording.tensors[op.outputs[0]].shape
        ):
            twice = op.type in ("Softmax", "LogSoftmax", "Sigmoid")
            found.append(
                _proposal(
                    op,
                    Skip(0),
                    f"{op.type.lower()} is applied to what should be used as it is",
                    0 if twice else 2,
                    recording,
                )
            )
        found += _stable_forms(op, recording)
        if op.type == "AddV2":
            found += [_epsilon(op, number, recording) for number in (0, 1) if _small(op, number, recording)]
    return found


def _stable_forms(op: Op, recording: Recording) -> list[Proposal]:
    """Return the fused function for ``log(1 + exp(x))``, ``log(softmax(x))`` and ``log(sigmoid(x))``."""
    inner = recording.producer(op.inputs[0]) if op.type in ("Log", "Log1p") else None
    if inner is not None and op.type == "Log" and inner.type == "AddV2":
        inner = next((p for t in inner.inputs if (p := recording.producer(t)) and p.type == "Exp"), None)
    function = _FUSED.get((op.type, inner.type)) if inner is not None else None
    if inner is None or function is None:
        return []
    message = f"{op.type.lower()} of {inner.type.lower()} loses its precision or overflows: tf.nn.{function} does not"
    return [_proposal(op, Instead(function, place_of(inner)), message, 0, recording)]


_FUSED = {
    ("Log", "Exp"): "softplus",
    ("Log1p", "Exp"): "softplus",
    ("Log", "Softmax"): "log_softmax",
    ("Log", "Sigmoid"): "log_sigmoid",
}


def _guards(op: Op, selects: list[Op], recording: Recording) -> list[Proposal]:
    number = 1 if op.type in ("RealDiv", "Div") else 0
    found = [
        _proposal(
            op,
            Guard(number, place_of(condition)),
            f"the gradient of {op.type.lower()} is not finite where tf.where discards its value: 0 times inf is NaN",
            0,
            recording,
        )
        for select in once_per_place(selects)
        if (condition := recording.producer(select.inputs[0])) is not None
    ]
    found.append(
        _proposal(
            op, Guard(number, None), f"the gradient of {op.type.lower()} at 0 is not finite", 1, recording
        )
    )
    return found


def _small(op: Op, number: int, recording: Recording) -> bool:
    value = scalar_constant(op.inputs[number], recording)
    return value is not None and 0 < abs(value) < 0.1


def _epsilon(op: Op, number: int, recording: Recording) -> Proposal:
    value = scalar_constant(op.inputs[number], recording)
    return _proposal(
        op, Skip(1 - number), f"the epsilon {value:g} is not small beside what it is added to", 1, recording
    )


def _proposal(op: Op, change: Change, message: str, unlikely: int, recording: Recording) -> Proposal:
    return propose_change(
        op, change, cause="numerics", message=message, unlikely=unlikely, recording=recording
    )
