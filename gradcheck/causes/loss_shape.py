"""The loss is not a scalar: `GradientTape` silently sums its elements.

A loss of shape (n,) or (n, n) is differentiated as the sum of its elements. If a mean was intended, the
gradient is n times too large, which looks like too high a learning rate. If the shape comes from a broadcast,
the gradient is an entirely different one. Keras losses return one number per sample when they are called with
`reduction="none"`. End every loss with `tf.reduce_mean(...)` or `tf.reduce_sum(...)`, whichever you intend;
without either, you get the gradient of the sum.
"""

from __future__ import annotations

from gradcheck.causes._evidence import Evidence
from gradcheck.causes._example import Example
from gradcheck.findings import Finding, Severity
from gradcheck.program.queries import unreduced
from gradcheck.program.recording import Recording
from gradcheck.repair.changes import Change, Said
from gradcheck.repair.language import OWN, call

EXAMPLES = (
    Example(
        title="A squared error: the mean, not one number per sample",
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
        says="the loss has shape (8, 1): its sum is differentiated; the reference agrees with its mean",
        fix="tf.reduce_mean(tf.square(x @ w - y))",
    ),
)


def find(evidence: Evidence) -> list[Finding]:
    """Return one finding per formulation whose loss has a shape other than ``()`` and ``(1,)``.

    It explains a difference, and nothing else: where there is none, the sum is what was meant.
    """
    sides = {"reference": evidence.reference, "candidate": evidence.candidate}
    severity: Severity = "error" if evidence.verdict in ("different", "inconclusive") else "note"
    return [
        _finding(side, recording, severity) for side, recording in sides.items() if not _is_scalar(recording)
    ]


def _is_scalar(recording: Recording) -> bool:
    return recording.tensors[recording.loss].shape in ((), (1,))


def _finding(side: str, recording: Recording, severity: Severity) -> Finding:
    shape = recording.tensors[recording.loss].shape
    producer = unreduced(recording)
    return Finding(
        cause="loss_shape",
        message=f"the {side}'s loss has shape {shape} and is not a scalar: its gradient is that of its sum",
        span=None if producer is None else producer.span,
        shapes=(shape,),
        severity=severity,
        notes=(
            "tf.GradientTape silently differentiates the sum of its elements",
            "end with tf.reduce_mean(...) or tf.reduce_sum(...), whichever is intended",
        ),
    )


CLAIMS = 6


def explains(change: Change) -> Said | None:
    """Return what to say of the mean of the candidate's loss; its sum is what was differentiated."""
    recording = change.recording
    if change.expression != call("reduce_mean", OWN) or change.op is not unreduced(recording):
        return None
    shape = recording.tensors[recording.loss].shape
    said = f"the loss has shape {shape}: its sum is differentiated; the reference agrees with its mean"
    return None if _is_scalar(recording) else Said(message=said)
