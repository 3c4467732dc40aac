"""A part of the loss cannot learn: the gradient that reaches it is exactly zero.

A softmax over one unit is always 1, whatever the weights are. A clip passes no gradient where it clips, and
with swapped bounds it clips everything. A rectifier passes no gradient where its argument is negative. All of
these are ordinary functions whose derivative is zero, so nothing raises an error: the loss is finite and the
optimiser takes steps of size zero. Look for weights that do not change at all. Use a linear unit or a sigmoid
for a single output, and clip what is reported or sampled rather than what is learned from.
"""

from __future__ import annotations

import ast
from dataclasses import replace

from gradcheck.causes._bounds import elements, keeps_from_a_pole, let_pass, saturated_share
from gradcheck.causes._evidence import Evidence
from gradcheck.causes._example import Example
from gradcheck.causes._located import Located
from gradcheck.causes._no_gradient import killed, parts
from gradcheck.findings import Finding, Severity
from gradcheck.program.ops import BOUNDS, NORMALISATIONS
from gradcheck.program.queries import trained
from gradcheck.program.recording import Op, Recording
from gradcheck.repair.changes import Change, Said
from gradcheck.repair.language import Call
from gradcheck.repair.proposal import once_per_place
from gradcheck.source import Site, node_of

EXAMPLES = (
    Example(
        title="A critic with one output: the output is a value, not one of several probabilities",
        setup="""
            batch = {
                "states": draw.normal(size=(8, 3)).astype("float32"),
                "labels": draw.integers(2, size=(8, 1)).astype("float32"),
            }
            w = tf.Variable(draw.normal(size=(3, 1)).astype("float32"), name="w")
            variables = [w]
        """,
        right="""
            def right(states, labels):
                values = tf.nn.sigmoid(states @ w)
                return tf.reduce_mean(tf.square(labels - values))
        """,
        wrong="""
            def wrong(states, labels):
                values = tf.nn.softmax(states @ w)  # <--
                return tf.reduce_mean(tf.square(labels - values))
        """,
        says="softmax over one unit is always 1: nothing before it can learn",
        fix="tf.nn.sigmoid(states @ w)",
    ),
    Example(
        title="A clipped standard deviation: the lower bound comes first",
        setup="""
            batch = {
                "states": draw.normal(size=(8, 3)).astype("float32"),
                "noise": draw.normal(size=(8, 2)).astype("float32"),
            }
            w = tf.Variable(0.1 * draw.normal(size=(3, 2)).astype("float32"), name="w")
            variables = [w]
        """,
        right="""
            def right(states, noise):
                log_std = tf.clip_by_value(states @ w, -5.0, 2.0)
                return tf.reduce_mean(tf.square(noise * tf.exp(log_std)) - log_std)
        """,
        wrong="""
            def wrong(states, noise):
                log_std = tf.clip_by_value(states @ w, 2.0, -5.0)  # <--
                return tf.reduce_mean(tf.square(noise * tf.exp(log_std)) - log_std)
        """,
        says="the bounds of the clip are swapped: everything is clipped",
        fix="tf.clip_by_value(states @ w, -5.0, 2.0)",
    ),
)


def find(evidence: Evidence) -> list[Finding]:
    """Return one finding per softmax over one unit that the candidate's loss depends on, and per other dead part.

    The former explains a verdict when nothing was compared, or when only the candidate has it; where both
    sides share it and something else differs, it is a note.
    """
    shared = any(_softmax_over_one(op, evidence.reference) for op in evidence.reference.ops)
    explains = evidence.verdict == "vacuous" or (evidence.verdict == "different" and not shared)
    recording = evidence.candidate
    places = {op.site: op for op in recording.ops if _softmax_over_one(op, recording)}
    found = [_finding(op, recording, "error" if explains else "note") for op in places.values()]
    closed = parts(evidence, "dead")
    notes = {} if evidence.verdict == "vacuous" else {part.span: part.notes[:1] for part in closed}
    told = {finding.span for finding in found}
    found = [replace(one, notes=(*one.notes, *notes.get(one.span, ()))) for one in found]
    found += [part for part in (*closed, *killed(evidence)) if part.span not in told]
    return found + (_held_back(evidence) if evidence.verdict == "different" else [])


def _held_back(evidence: Evidence) -> list[Finding]:
    """Return the clips that the candidate has and that hold back some elements: their gradient is zero."""
    recording = evidence.candidate
    reference = {op.type for op in evidence.reference.ops}
    clips = [
        op for op in once_per_place(trained(recording)) if op.type in BOUNDS and op.type not in reference
    ]
    places: dict[Site | None, list[Op]] = {}
    for op in clips:
        places.setdefault(op.site, []).append(op)
    return [finding for ops in places.values() if (finding := _clipped(ops, recording)) is not None]


def _clipped(ops: list[Op], recording: Recording) -> Finding | None:
    """Return what the bounds of one expression, which hold back different elements, do together."""
    share = sum(saturated_share(op, recording) for op in ops)
    if share == 0:
        return None
    return Finding(
        cause="dead",
        message=f"the gradient is zero for {elements(share)}, which are clipped here",
        span=ops[0].span,
        shapes=tuple(recording.shapes(ops[0].outputs)),
        notes=("the reference has no such clip",),
    )


def _softmax_over_one(op: Op, recording: Recording) -> bool:
    if op.type not in NORMALISATIONS or op.index not in recording.contributing:
        return False
    return recording.tensors[op.inputs[0]].shape[-1:] == (1,)


def _finding(op: Op, recording: Recording, severity: Severity) -> Finding:
    name, constant = ("softmax", 1) if op.type == "Softmax" else ("log-softmax", 0)
    shape = recording.tensors[op.inputs[0]].shape
    return Finding(
        cause="dead",
        message=f"{name} over one unit is always {constant}: nothing before it can learn",
        span=op.span,
        shapes=(shape, recording.tensors[op.outputs[0]].shape),
        severity=severity,
        notes=(
            "its gradient is exactly zero, whatever the weights are",
            "for a single output, use a linear unit, or a sigmoid if it is a probability",
            *_made_by_a_layer(op, recording),
        ),
    )


def _made_by_a_layer(op: Op, recording: Recording) -> list[str]:
    """Return in which Keras layer `op` is made, where that is one layer in all runs of the expression."""
    ops = [other for other in recording.at_site[op.site] if _softmax_over_one(other, recording)]
    layers = {recording.layers.get(other.outputs[0]) for other in ops}
    layer = layers.pop() if len(layers) == 1 else None
    if layer is None:
        return []
    is_activation = layer.activation == NORMALISATIONS[op.type]
    role = "is the activation of" if is_activation else "is computed inside"
    return [f"it {role} layer `{layer.path}` ({layer.kind}): change it where that layer is created"]


CLAIMS = 1


def claims(located: Located) -> bool:
    """Return whether what stands there passes on no gradient: it gives the same number always, or steps."""
    recording, op = located.candidate, located.op
    if op.type == "Softmax" and recording.tensors[op.inputs[0]].shape[-1:] == (1,):
        return True
    return any(one.type == _STEPS for one in _within(op, recording)) and not located.passes[0]


_STEPS = "Sign"
"""The op of steps to which TensorFlow gives the gradient zero: the others, such as `tf.round`, have none."""


def _within(op: Op, recording: Recording) -> list[Op]:
    """Return the ops of an expression, and of those in it."""
    node = None if op.site is None else node_of(op.site)
    inside = set() if node is None else set(ast.walk(node))
    return [one for site, ops in recording.at_site.items() if site and node_of(site) in inside for one in ops]


def explains(change: Change) -> Said | None:
    """Return what to say of what is no softmax over one unit any more, and of a clip without its bounds."""
    op, recording = change.op, change.recording
    if not change.trained:
        return None
    if _softmax_over_one(op, recording):
        said = "softmax over one unit is always 1: nothing before it can learn"
        return Said(message=said, notes=tuple(_made_by_a_layer(op, recording)))
    if isinstance(change.expression, Call) and change.expression.name == "clip_by_value":
        words = "use `tf.minimum` of the lower bound, and `tf.maximum` of the upper one"
        return Said(message="the bounds of the clip are swapped: everything is clipped", words=words)
    return None if keeps_from_a_pole(change) else let_pass(change)
