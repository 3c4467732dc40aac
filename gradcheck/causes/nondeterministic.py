"""The random numbers differ between the two sides, or even between two runs of one side.

Dropout, sampling and noise draw from a generator, and different calls give different numbers: dropout per
sample and dropout for the whole batch differ although both are right. Nothing is wrong with such a loss, but
its gradient cannot be compared, and a test that tries to either fails at random or needs a tolerance that hides
everything. Draw the numbers once and put them into the batch, or call the model with `training=False` on both
sides while comparing.
"""

from __future__ import annotations

from gradcheck.causes._evidence import Evidence
from gradcheck.causes._example import Example
from gradcheck.causes._located import Located
from gradcheck.findings import Finding
from gradcheck.program.ops import is_draw
from gradcheck.program.recording import Op, Randomness

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
                drawn = np.random.normal(size=(8, 2))  # <--
                return tf.reduce_mean(tf.square(x @ w + drawn))
        """,
        says="the candidate draws from NumPy's np.random, and the other side draws none",
        verdict="inconclusive",
    ),
)


def find(evidence: Evidence) -> list[Finding]:
    """Return what keeps the sides from being compared on the same random numbers.

    An op that draws on one side only is a suspicion; the difference may well be real.
    """
    findings = []
    for side, randomness in evidence.randomness.items():
        if randomness.disagreement is not None:
            findings.append(_disagrees(side, randomness.disagreement))
        elif evidence.draws in ("others", "perhaps others", "one side"):
            findings += _drawn(side, randomness, alone=evidence.draws == "one side")
    return findings


def _drawn(side: str, randomness: Randomness, *, alone: bool) -> list[Finding]:
    """Return where `side` draws: by a generator outside TensorFlow, or else by an op."""
    if randomness.generators:
        return [_drawn_outside(side, randomness, alone=alone)]
    return [_draws(side, op, alone=alone) for op in randomness.draws[:1]]


def _drawn_outside(side: str, randomness: Randomness, *, alone: bool) -> Finding:
    return Finding(
        cause="nondeterministic",
        message=f"the {side} draws from {' and '.join(randomness.generators)}, and the other side {_WHAT[alone]}",
        span=randomness.place,
        severity="error",
        notes=(
            "with different random numbers the gradients cannot be compared",
            "draw once and put the numbers into the batch",
        ),
    )


_WHAT = {True: "draws none", False: "draws different numbers"}


def _disagrees(side: str, op: Op) -> Finding:
    return Finding(
        cause="nondeterministic",
        message=f"the {side} gives a different value each time it runs, from here on ({op.type})",
        span=op.span,
        severity="error",
        notes=("put values that change from run to run into the batch, so that both sides see the same",),
    )


def _draws(side: str, op: Op, *, alone: bool) -> Finding:
    return Finding(
        cause="nondeterministic",
        message=f"the {side} draws random numbers here ({op.type}), and the other side {_WHAT[alone]}",
        span=op.span,
        severity="suspicion" if alone else "error",
        notes=(
            "dropout and sampling depend on the order of the samples: draw once and put the numbers into "
            "the batch, or disable it on both sides while comparing",
        ),
    )


CLAIMS = 3


def claims(located: Located) -> bool:
    """Return whether the candidate draws there, or which elements to take, where the reference draws nothing."""
    if located.chosen is not None:
        return is_draw(located.chosen.type)
    there = located.candidate.at_site.get(located.op.site, ())
    return any(is_draw(op.type) for op in there) and not any(is_draw(op.type) for op in located.reference.ops)
