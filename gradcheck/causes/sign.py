"""A sign that is lost or one too many, a minimum where a maximum was meant."""

from __future__ import annotations

from gradcheck.causes.evidence import Evidence
from gradcheck.causes.proposal import Proposal, Proposer, once_per_place
from gradcheck.causes.queries import UNARY, is_constant, trained
from gradcheck.causes.rewriting import argument_wrapped, function_replaced, operator_replaced, wrapped
from gradcheck.edits import Become, OnInput, OnOutput, Skip
from gradcheck.findings import Finding
from gradcheck.recording import Op, Recording

_OPERATORS = {
    "AddV2": ("+", "Sub", "-"),
    "Sub": ("-", "AddV2", "+"),
    "Greater": (">", "Less", "<"),
    "GreaterEqual": (">=", "LessEqual", "<="),
    "Less": ("<", "Greater", ">"),
    "LessEqual": ("<=", "GreaterEqual", ">="),
}
_FUNCTIONS = {
    "Minimum": ("minimum", "Maximum", "maximum"),
    "Maximum": ("maximum", "Minimum", "minimum"),
    "Min": ("reduce_min", "Max", "reduce_max"),
    "Max": ("reduce_max", "Min", "reduce_min"),
}
_EVEN = {"Abs", "Square", "Cos"}


def find(evidence: Evidence) -> list[Finding]:
    """Return nothing: no sign is wrong in itself."""
    return []


def propose(evidence: Evidence) -> list[Proposal]:
    """Return the opposite of every op that has one, and every argument and result negated."""
    recording = evidence.candidate
    ops = once_per_place(op for op in recording.ops if op.index in recording.contributing)
    opposites = [_opposite(op, recording) for op in ops if _has_opposite(op, recording)]
    results = set(recording.results)
    negations = [
        proposal
        for op in once_per_place(trained(recording))
        for proposal in _negations(op, op in results, recording)
    ]
    return opposites + negations


def _has_opposite(op: Op, recording: Recording) -> bool:
    """Return whether `op` has an opposite; a bound, a minimum or maximum with a constant, has none."""
    bound = op.type in ("Minimum", "Maximum") and any(is_constant(tensor, recording) for tensor in op.inputs)
    return not bound and (op.type in _OPERATORS or op.type in _FUNCTIONS)


def _opposite(op: Op, recording: Recording) -> Proposal:
    old, opposite, new = _OPERATORS.get(op.type) or _FUNCTIONS[op.type]
    replaced = operator_replaced if op.type in _OPERATORS else function_replaced
    return Proposer("sign", recording)(
        op, Become(opposite), f"`{old}` where `{new}` was meant", text=replaced(op, old, new)
    )


def _negations(op: Op, is_result: bool, recording: Recording) -> list[Proposal]:
    proposer = Proposer("sign", recording)
    if op.type == "Neg":
        return [proposer(op, Skip(0), "a minus sign too many", unlikely=1)]
    found = []
    if op.type in UNARY - _EVEN:
        message = f"the argument of {op.type.lower()} has the wrong sign"
        text = argument_wrapped(op, "-({0})")
        found.append(proposer(op, OnInput(0, "negative"), message, text=text, unlikely=2))
    if is_result:
        text = wrapped(op, "-({})", recording)
        found.append(proposer(op, OnOutput("negative"), "this has the wrong sign", text=text, unlikely=2))
    return found
