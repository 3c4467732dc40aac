"""The random numbers are not the same on both sides, or not even twice on one.

Dropout, sampling and noise draw from a generator, and whoever draws in another order gets other numbers: a
loop over the samples and one call for the whole batch differ although both are right. Nothing is wrong with
such a loss, but its gradient cannot be compared, and a test that does so fails at random or needs a
tolerance that hides everything. Draw once, and put what was drawn into the batch; or call the model with
`training=False` on both sides while comparing.
"""

from __future__ import annotations

from gradcheck.causes.evidence import Evidence
from gradcheck.causes.examples import Example
from gradcheck.causes.proposal import Proposal
from gradcheck.findings import Finding, Severity
from gradcheck.recording import Op, Randomness

EXAMPLES = (
    Example(
        title="The reparameterisation trick: the noise is part of the batch",
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
                return tf.reduce_mean(tf.square(x @ w + noise))
        """,
        wrong="""
            def wrong(x, noise):
                return tf.reduce_mean(tf.square(x @ w + np.random.normal(size=(8, 2))))  # <--
        """,
        says="the candidate draws from NumPy's np.random",
        verdict="inconclusive",
    ),
)


def find(evidence: Evidence) -> list[Finding]:
    """Return what keeps the sides from being compared on the same random numbers.

    An op that draws on one side only is a suspicion; the difference may well be real.
    """
    findings = []
    for side, randomness in evidence.randomness.items():
        if randomness.generators:
            findings.append(_drawn_outside(side, randomness))
        elif randomness.disagreement is not None:
            findings.append(_disagrees(side, randomness.disagreement))
    if not findings and not evidence.same_draws:
        findings.extend(_other_draws(evidence))
    return findings


def _drawn_outside(side: str, randomness: Randomness) -> Finding:
    return Finding(
        cause="nondeterministic",
        message=f"the {side} draws from {' and '.join(randomness.generators)}",
        span=randomness.place,
        severity="error",
        notes=(
            "whatever draws in another order gets other numbers: the gradients cannot be compared",
            "draw once, and put what was drawn into the batch",
        ),
    )


def _disagrees(side: str, op: Op) -> Finding:
    return Finding(
        cause="nondeterministic",
        message=f"the {side} gives another value each time it is run, from here on ({op.type})",
        span=op.span,
        severity="error",
        notes=("put what changes from run to run into the batch, so that both sides see the same",),
    )


def _other_draws(evidence: Evidence) -> list[Finding]:
    sides = {side: randomness.draws for side, randomness in evidence.randomness.items() if randomness.draws}
    severity: Severity = "error" if len(sides) == 2 else "suspicion"
    return [_draws(side, draws[0], severity) for side, draws in sides.items()]


def _draws(side: str, op: Op, severity: Severity) -> Finding:
    what = "the other side draws others" if severity == "error" else "the other side draws none"
    return Finding(
        cause="nondeterministic",
        message=f"the {side} draws random numbers here ({op.type}), and {what}",
        span=op.span,
        severity=severity,
        notes=(
            "dropout and sampling draw in the order in which the samples come: draw once and put the numbers "
            "into the batch, or switch it off on both sides while comparing",
        ),
    )


def propose(evidence: Evidence) -> list[Proposal]:
    """Return nothing: no edit of the ops repairs it."""
    return []
