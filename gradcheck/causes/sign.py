"""A sign that is lost or one too many, a minimum where a maximum was meant."""

from __future__ import annotations

from gradcheck.causes.evidence import Evidence
from gradcheck.causes.proposal import Proposal, around, once_per_place
from gradcheck.causes.proposal import propose as propose_change
from gradcheck.causes.queries import UNARY, is_constant, trained
from gradcheck.edits import Become, Change, OnInput, OnOutput, Skip
from gradcheck.findings import Finding
from gradcheck.recording import Op, Recording

_OPPOSITE = {
    "Minimum": "Maximum",
    "Maximum": "Minimum",
    "Min": "Max",
    "Max": "Min",
    "AddV2": "Sub",
    "Sub": "AddV2",
    "Greater": "Less",
    "GreaterEqual": "LessEqual",
    "Less": "Greater",
    "LessEqual": "GreaterEqual",
}
_WORDS = {
    "Minimum": ("minimum", "maximum"),
    "Maximum": ("maximum", "minimum"),
    "Min": ("reduce_min", "reduce_max"),
    "Max": ("reduce_max", "reduce_min"),
    "AddV2": ("+", "-"),
    "Sub": ("-", "+"),
    "Greater": (">", "<"),
    "GreaterEqual": (">=", "<="),
    "Less": ("<", ">"),
    "LessEqual": ("<=", ">="),
}


def find(evidence: Evidence) -> list[Finding]:
    """Return nothing: no sign is wrong in itself."""
    return []


def propose(evidence: Evidence) -> list[Proposal]:
    """Return the opposite of every op that has one, and every term, argument and loss negated."""
    recording = evidence.candidate
    contributing = once_per_place(op for op in recording.ops if op.index in recording.contributing)
    found = [
        _opposite(op, recording)
        for op in contributing
        if op.type in _OPPOSITE and not _is_clip(op, recording)
    ]
    for op in once_per_place(trained(recording)):
        if op.type == "Neg":
            found.append(_negation(op, Skip(0), "a minus sign too many", None, 1, recording))
        if op.type in UNARY - {"Neg", "Abs", "Square"}:
            found.append(
                _negation(
                    op,
                    OnInput(0, "negative"),
                    f"the argument of {op.type.lower()} has the wrong sign",
                    None,
                    2,
                    recording,
                )
            )
        if op in recording.results and op.type != "Neg":
            found.append(
                _negation(
                    op,
                    OnOutput("negative"),
                    "this has the wrong sign",
                    around(op.span, "-({})"),
                    2,
                    recording,
                )
            )
    return found


def _is_clip(op: Op, recording: Recording) -> bool:
    """A minimum or maximum with a constant is a bound, not a choice between two quantities."""
    return op.type in ("Minimum", "Maximum") and any(is_constant(tensor, recording) for tensor in op.inputs)


def _opposite(op: Op, recording: Recording) -> Proposal:
    old, new = _WORDS[op.type]
    span = op.span
    text = span.text.replace(old, new) if span is not None and span.text.count(old) == 1 else None
    return propose_change(
        op,
        Become(_OPPOSITE[op.type]),
        cause="sign",
        message=f"`{old}` where `{new}` was meant",
        text=text,
        unlikely=0,
        recording=recording,
    )


def _negation(
    op: Op, change: Change, message: str, text: str | None, unlikely: int, recording: Recording
) -> Proposal:
    return propose_change(
        op, change, cause="sign", message=message, text=text, unlikely=unlikely, recording=recording
    )
