"""The loss is no scalar: `GradientTape` adds up its elements without saying so.

A loss of shape (n,) or (n, n) is differentiated as the sum of its elements. Where a mean was meant, the
gradient is n times too large, which looks like a learning rate that is too high; where the shape comes from
a broadcast, the gradient is another one altogether. Keras losses return one number per sample when they are
called with `reduction="none"`. End every loss in `tf.reduce_mean(...)` or `tf.reduce_sum(...)`, whichever
is meant.
"""

from __future__ import annotations

from gradcheck.causes.evidence import Evidence
from gradcheck.causes.examples import Example
from gradcheck.causes.proposal import Proposal
from gradcheck.findings import Finding
from gradcheck.recording import Recording

EXAMPLES = (
    Example(
        title="A squared error: its mean, not one number per sample",
        setup="""
            batch = {
                "x": draw.normal(size=(8, 3)).astype("float32"),
                "y": draw.normal(size=(8, 1)).astype("float32"),
            }
            w = tf.Variable(draw.normal(size=(3, 1)).astype("float32"), name="w")
            variables = [w]
        """,
        right="""
            def right(x, y):
                return tf.reduce_mean(tf.square(x @ w - y))
        """,
        wrong="""
            def wrong(x, y):
                return tf.square(x @ w - y)  # <--
        """,
        says="the candidate returned a loss of shape (8, 1), not a scalar",
    ),
)


def find(evidence: Evidence) -> list[Finding]:
    """Return one finding per formulation whose loss has a shape other than ``()`` and ``(1,)``."""
    sides = {"reference": evidence.reference, "candidate": evidence.candidate}
    return [
        _finding(side, recording)
        for side, recording in sides.items()
        if recording.tensors[recording.loss].shape not in ((), (1,))
    ]


def _finding(side: str, recording: Recording) -> Finding:
    shape = recording.tensors[recording.loss].shape
    producer = recording.producer(recording.loss)
    return Finding(
        cause="loss_shape",
        message=f"the {side} returned a loss of shape {shape}, not a scalar",
        span=None if producer is None else producer.span,
        shapes=(shape,),
        severity="error",
        notes=(
            "tf.GradientTape differentiates the sum of its elements without saying so",
            "end in tf.reduce_mean(...) or tf.reduce_sum(...), whichever is meant",
        ),
    )


def propose(evidence: Evidence) -> list[Proposal]:
    """Return nothing: no edit of the ops repairs it."""
    return []
