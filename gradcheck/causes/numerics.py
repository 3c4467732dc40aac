"""Right on paper, wrong in floating point: softmax twice, a NaN in the backward pass, an epsilon."""

from __future__ import annotations

from gradcheck.causes.evidence import Evidence
from gradcheck.causes.proposal import Proposal, Proposer, once_per_place
from gradcheck.causes.queries import UNARY, scalar_constant, trained
from gradcheck.causes.rewriting import argument_alone, argument_wrapped, operand_alone
from gradcheck.edits import Guard, Instead, Skip, place_of
from gradcheck.findings import Finding
from gradcheck.recording import Breakdown, Op, Recording
from gradcheck.source import call_at

_POLES = {"Log": 0, "Log1p": 0, "Sqrt": 0, "Rsqrt": 0, "Reciprocal": 0, "Pow": 0, "RealDiv": 1, "Div": 1}
"""Ops with a pole in their value or derivative, and the input it is in."""

_SQUASHING = {"Softmax", "LogSoftmax", "Sigmoid"}
_FUSED = {
    ("Log", "Exp"): "softplus",
    ("Log1p", "Exp"): "softplus",
    ("Log", "Softmax"): "log_softmax",
    ("Log", "Sigmoid"): "log_sigmoid",
}
_SMALL = 0.1


def find(evidence: Evidence) -> list[Finding]:
    """Return the op at which the candidate's numbers break down, if they do."""
    return [] if evidence.breakdown is None else [_broken(evidence.breakdown, evidence.candidate)]


def _broken(breakdown: Breakdown, recording: Recording) -> Finding:
    op = breakdown.op
    name, dtype = op.type.lower(), recording.tensors[op.outputs[0]].dtype
    notes: tuple[str, ...] = ()
    if breakdown.what == "gradient":
        message = f"the gradient that {name} passes on is the first that is not finite"
        notes = ("what it is given there is a pole: a tf.where after it hides the value, not the gradient",)
    elif breakdown.what == "value":
        message = f"the result of {name} is the first that is not finite"
        notes = (f"in float64 it is finite: {dtype} overflows",) if breakdown.finite_in_float64 else ()
    else:
        message = f"{name} loses more than {dtype} can spare: less than two digits of its result are right"
        notes = ("its operands cancel, or are too far apart in size; in float64 it is right",)
    shapes = (*recording.shapes(op.inputs), *recording.shapes(op.outputs))
    return Finding(
        cause="numerics", message=message, span=op.span, shapes=shapes, notes=notes, severity="error"
    )


def propose(evidence: Evidence) -> list[Proposal]:
    """Return guards for poles, fused functions, one of two squashing functions and epsilons left out."""
    recording = evidence.candidate
    ops = once_per_place(trained(recording))
    selects = [op for op in recording.ops if op.type == "SelectV2" and op.index in recording.contributing]
    return [
        *(p for op in ops if op.type in _POLES for p in _guards(op, once_per_place(selects), recording)),
        *(p for op in ops for p in _fused(op, recording)),
        *(_left_out(op, recording) for op in ops if op.type in UNARY - {"Neg"}),
        *(p for op in ops if op.type == "AddV2" for p in _epsilons(op, recording)),
    ]


def _guards(op: Op, selects: list[Op], recording: Recording) -> list[Proposal]:
    proposer, number, name = Proposer("numerics", recording), _POLES[op.type], op.type.lower()
    hidden = f"the gradient of {name} is not finite where tf.where discards its value: 0 times inf is NaN"
    found = [
        proposer(op, Guard(number, place_of(maker)), hidden, text=_guard_text(op, select))
        for select in selects
        if (maker := recording.producer(select.inputs[0])) is not None
    ]
    at_zero = f"the gradient of {name} at 0 is not finite"
    return [*found, proposer(op, Guard(number, None), at_zero, unlikely=1)]


def _guard_text(op: Op, select: Op) -> str | None:
    call = None if select.site is None else call_at(select.site)
    if call is None or call.name != "where" or not call.positional or "{" in call.positional[0].text:
        return None
    return argument_wrapped(op, f"tf.where({call.positional[0].text}, {{0}}, tf.ones_like({{0}}))")


def _fused(op: Op, recording: Recording) -> list[Proposal]:
    """Return the fused function for ``log(1 + exp(x))``, ``log(softmax(x))`` and ``log(sigmoid(x))``."""
    inner = recording.producer(op.inputs[0]) if op.type in ("Log", "Log1p") else None
    if inner is not None and op.type == "Log" and inner.type == "AddV2":
        makers = [recording.producer(tensor) for tensor in inner.inputs]
        inner = next((maker for maker in makers if maker is not None and maker.type == "Exp"), None)
    function = None if inner is None else _FUSED.get((op.type, inner.type))
    if inner is None or function is None:
        return []
    argument = argument_alone(inner, {"exp", "softmax", "sigmoid"})
    return [
        Proposer("numerics", recording)(
            op,
            Instead(function, place_of(inner)),
            f"{op.type.lower()} of {inner.type.lower()} loses its precision or overflows",
            text=None if argument is None else f"tf.{_HOME[function]}.{function}({argument})",
            notes=(f"tf.{_HOME[function]}.{function} computes both in one, without the large intermediate",),
        )
    ]


_HOME = {"softplus": "nn", "log_softmax": "nn", "log_sigmoid": "math"}


def _left_out(op: Op, recording: Recording) -> Proposal:
    name = op.type.lower()
    return Proposer("numerics", recording)(
        op,
        Skip(0),
        f"{name} is applied to what should be used as it is",
        text=argument_alone(op, {name, "log_softmax"} if op.type == "LogSoftmax" else {name}),
        unlikely=0 if op.type in _SQUASHING else 2,
    )


def _epsilons(op: Op, recording: Recording) -> list[Proposal]:
    found = []
    for number, tensor in enumerate(op.inputs):
        value = scalar_constant(tensor, recording)
        if value is not None and 0 < abs(value) < _SMALL:
            message = f"the epsilon {value:g} is not small beside what it is added to"
            text = operand_alone(op, 1 - number)
            found.append(
                Proposer("numerics", recording)(op, Skip(1 - number), message, text=text, unlikely=1)
            )
    return found
