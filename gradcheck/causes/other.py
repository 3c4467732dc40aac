"""Something else: a coefficient or a function that differs from the reference, or a cause without a name.

A standard deviation is `exp(0.5 * log_variance)`, not `exp(log_variance)`; label smoothing adds `smoothing
/ k`, not `1 / k`. A loss with such a mistake runs and trains, but towards something slightly different. If an
edit proves the mistake, the finding names it. Otherwise, the finding names an expression whose result is thrown
away, as that of `scale(loss) * 0.1` on a line of its own, or else the first one whose result does not occur in the
reference. Start reading there, but that expression may still be right: the reference may never have needed it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gradcheck.causes._evidence import Evidence, factor_can_be_told
from gradcheck.causes._example import Example
from gradcheck.causes._located import Located
from gradcheck.causes._naming import named
from gradcheck.causes._thrown_away import thrown_away
from gradcheck.findings import Finding
from gradcheck.program.ops import BINARY, UNARY
from gradcheck.program.queries import scalar_constant
from gradcheck.program.recording import Op, Recording
from gradcheck.repair.changes import Change, Said
from gradcheck.repair.factors import Term
from gradcheck.repair.language import Call, Input, Number, times, with_input
from gradcheck.repair.proposal import Proposal, Proposer, once_per_place
from gradcheck.source import Site, span_of, span_of_gradient
from gradcheck.source.syntax import in_one_line

EXAMPLES = (
    Example(
        title="A Gaussian: the log standard deviation is half the log variance",
        setup="""
            batch = {
                "x": draw.normal(size=(8, 3)).astype("float32"),
                "noise": draw.normal(size=(8, 2)).astype("float32"),
            }
            w = tf.Variable(draw.normal(size=(3, 2)).astype("float32"), name="w")
            variables = [w]
        """,
        right="""
            def right(x, noise):
                log_variance = x @ w
                scaled = noise * tf.exp(0.5 * log_variance)
                return tf.reduce_mean(tf.square(scaled - 1.0))
        """,
        wrong="""
            def wrong(x, noise):
                log_variance = x @ w
                scaled = noise * tf.exp(log_variance)  # <--
                return tf.reduce_mean(tf.square(scaled - 1.0))
        """,
        says="the reference agrees with 0.5 times the argument of exp",
        fix="tf.exp(0.5 * log_variance)",
    ),
)


def find(evidence: Evidence) -> list[Finding]:
    """Return what is computed and thrown away, and gradients written by hand where only these can be wrong.

    A coefficient is not wrong in itself.
    """
    if evidence.verdict != "different" or evidence.alone:
        return []
    return [*map(_thrown_away, thrown_away(evidence.candidate)), *_by_hand(evidence)]


def _thrown_away(site: Site) -> Finding:
    span = span_of(site)
    return Finding(
        cause="other",
        message=f"the result of `{in_one_line(span.text)}` is not used",
        span=span,
        severity="suspicion",
        notes=("it is computed from variables, and the loss does not depend on it: was it to be assigned?",),
    )


def _by_hand(evidence: Evidence) -> list[Finding]:
    sides = evidence.candidate, evidence.reference
    own, others = (dict.fromkeys(side.custom_gradients) for side in sides)
    one, other = (np.ravel(side.array(side.loss)) for side in sides)
    if one.shape != other.shape or not np.allclose(one, other, rtol=_SAME_VALUE, atol=0):
        return []
    spans = dict.fromkeys(span_of_gradient(site) for site in own if site not in others)
    return [
        Finding(
            cause="other",
            message="the losses agree, and their gradients do not: the gradient is written by hand here",
            span=span,
            severity="suspicion",
            notes=(
                "TensorFlow does not check what a tf.custom_gradient returns: compare it with the reference",
            ),
        )
        for span in spans
    ]


_SAME_VALUE = 1e-4
"""Relative difference up to which two losses in float32 are the same."""


CLAIMS = 7


def claims(located: Located) -> bool:
    """Return that whatever no other cause claims is this one."""
    return True


def explains(change: Change) -> Said | None:
    """Return what to say of a function left out, and of its argument halved or doubled."""
    op = change.op
    if not change.trained or op.type not in UNARY:
        return None
    if change.left_in == 0:
        return Said(message=f"{named(op)} is applied here; the reference agrees without it", rank=2)
    match change.operand:
        case 0, Call(name="multiply", arguments=(Number(value=float() as factor), Input())):
            said = f"the reference agrees with {factor:g} times the argument of {named(op)}"
            return Said(message=said, rank=3)
    return None


def propose(evidence: Evidence) -> list[Proposal]:
    """Return every constant with a factor."""
    recording = evidence.candidate
    contributing = once_per_place(op for op in recording.ops if op.index in recording.contributing)
    return [
        _constant(op, number, recording)
        for op in contributing
        if op.type in BINARY and factor_can_be_told(evidence)
        for number, tensor in enumerate(op.inputs)
        if scalar_constant(tensor, recording)
    ]


def _constant(op: Op, number: int, recording: Recording) -> Proposal:
    """Return a constant with its own factor, which the search must find."""
    value = scalar_constant(op.inputs[number], recording) or 0.0
    scaled = with_input(number, lambda constant: times(1.0, constant, sought=True))
    proposal = Proposer("other", recording)(op, scaled, "", rank=1)

    def describe(factor: float, _: Term | None) -> Finding:
        message = f"the constant is {value:.6g}; the reference agrees with {value * factor:.6g}"
        return replace(proposal.finding, message=message)

    return replace(proposal, describe=describe, scaled=value, nonlinear=True)
