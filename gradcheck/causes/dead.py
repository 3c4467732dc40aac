"""A part of the loss cannot learn: the gradient that reaches it is exactly zero.

A softmax over one unit is always 1, whatever the weights are. A clip passes no gradient where it clips, and
with swapped bounds it clips everything. A rectifier passes no gradient where its argument is negative. All of
these are ordinary functions whose derivative is zero, so nothing raises an error: the loss is finite and the
optimiser takes steps of size zero. Look for weights that do not change at all. Use a linear unit or a sigmoid
for a single output, and clip what is reported or sampled rather than what is learned from.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gradcheck.arrays import Array
from gradcheck.causes._evidence import Evidence
from gradcheck.causes._example import Example
from gradcheck.causes._located import Located
from gradcheck.causes._naming import clip_of, named
from gradcheck.causes._no_gradient import parts
from gradcheck.findings import Finding, Severity
from gradcheck.program.ops import BOUNDS, HOLD_BACK, NORMALISATIONS
from gradcheck.program.places import place_of
from gradcheck.program.queries import is_constant, leads_to_a_pole, trained
from gradcheck.program.recording import Op, Recording
from gradcheck.repair.language import At, Expression, Input, Own, call
from gradcheck.repair.proposal import Proposal, Proposer, once_per_place
from gradcheck.source import Site

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
                return tf.reduce_mean(tf.square(labels - tf.nn.sigmoid(states @ w)))
        """,
        wrong="""
            def wrong(states, labels):
                return tf.reduce_mean(tf.square(labels - tf.nn.softmax(states @ w)))  # <--
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
    found += [part for part in closed if part.span not in told]
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
    share = sum(_saturated_share(op, recording) for op in ops)
    if share == 0:
        return None
    return Finding(
        cause="dead",
        message=f"the gradient is zero for {_elements(share)}, which are clipped here",
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
    """Return whether what stands there passes on no gradient because it gives the same number always."""
    return located.op.type == "Softmax" and located.candidate.tensors[located.op.inputs[0]].shape[-1:] == (1,)


def propose(evidence: Evidence) -> list[Proposal]:
    """Return a sigmoid for softmax over one unit, clips and rectifiers left out, swapped bounds put right."""
    recording = evidence.candidate
    ops = once_per_place(trained(recording))
    return [
        *(_sigmoid(op, recording) for op in ops if _softmax_over_one(op, recording)),
        *(p for op in ops if op.type == "Maximum" for p in _swapped_bounds(op, recording)),
        *(p for op in ops if op.type in HOLD_BACK for p in _let_pass(op, recording)),
    ]


def _sigmoid(op: Op, recording: Recording) -> Proposal:
    return Proposer("dead", recording)(
        op,
        Own(kind="Sigmoid"),
        "softmax over one unit is always 1: nothing before it can learn",
        notes=_made_by_a_layer(op, recording),
    )


def _let_pass(op: Op, recording: Recording) -> list[Proposal]:
    """Return the op left out; for a clip, which is a minimum and a maximum, both bounds or one alone."""
    number = _held_back_input(op, recording)
    if number is None:
        return []
    before, after = recording.producer(op.inputs[number]), _reader(op, recording)
    if after is not None:  # of the two bounds of a clip, the outer one is left in
        return [_left_out([op], after, call(_BOUND[after.type], At(place_of(op), 0), Input(1)), recording)]
    if before is None or before.site != op.site or before.type not in HOLD_BACK:
        return [_left_out([op], op, Input(number), recording)]
    inner = At(place_of(before), 0)
    alone = (
        call(_BOUND[before.type], inner, At(place_of(before), 1)) if before.type in _BOUND else Input(number)
    )
    return [_left_out([op, before], op, inner, recording), _left_out([op], op, alone, recording)]


_BOUND = {"Minimum": "minimum", "Maximum": "maximum"}


def _reader(op: Op, recording: Recording) -> Op | None:
    """Return the other bound of a clip that is put on what `op` gives, in the same expression."""
    readers = recording.consumers.get(op.outputs[0], ())
    return next(
        (one for one in readers if one.site == op.site and one.type in _BOUND and op.type in _BOUND), None
    )


def _held_back_input(op: Op, recording: Recording) -> int | None:
    shape = recording.tensors[op.outputs[0]].shape
    return next(
        (
            number
            for number, tensor in enumerate(op.inputs)
            if not is_constant(tensor, recording) and recording.tensors[tensor].shape == shape
        ),
        None,
    )


def _left_out(bounds: list[Op], place: Op, instead: Expression, recording: Recording) -> Proposal:
    """Return `bounds` of one expression left out: what is computed at `place` `instead`."""
    op = bounds[0]
    share = sum(_saturated_share(bound, recording) for bound in bounds)
    guards = leads_to_a_pole(op, recording)
    return Proposer("numerics" if guards and share < 1 else "dead", recording)(
        place,
        instead,
        _held_back_in_words(bounds, share, recording),
        words="leave this out",
        # Without the bound, float32 meets the pole that it keeps away from; float64, in which the edit was
        # tried, may just miss it.
        in_source=not guards,
        rank=0 if share > 0.5 else 1,
        tie_break=len(bounds),  # what is there was meant: a repair that keeps more of it is likelier
        notes=_FUSE if guards else (),
    )


_FUSE = (
    "the bound keeps a logarithm or a division finite: a fused function, such as "
    "tf.nn.sigmoid_cross_entropy_with_logits, needs no bound",
)


def _held_back_in_words(bounds: list[Op], share: float, recording: Recording) -> str:
    op = bounds[0]
    if len(bounds) > 1:
        return f"{clip_of(op)} stops the gradient of {_elements(share)} beyond its bounds"
    name = named(op)
    if op.type == "Relu":
        return f"{name} stops the gradient of {_elements(share)}: they are negative"
    if all(is_constant(tensor, recording) for tensor in op.inputs[1:]):
        return f"{name} stops the gradient of {_elements(share)} beyond its bound"
    return f"{name} takes the other operand for {_elements(share)}"


def _elements(share: float) -> str:
    if share in (0, 1):
        return "all elements" if share else "no elements"
    return f"{share:.0%} of the elements" if share >= _LEAST else "less than 1% of the elements"


_LEAST = 0.01


def _saturated_share(op: Op, recording: Recording) -> float:
    """Return the share of elements that a clip, bound or rectifier holds back, in all runs of its expression."""
    runs = [
        one
        for one in recording.at_site[op.site]
        if one.type == op.type and one.index in recording.contributing
    ]
    held = np.concatenate([_is_held_back(one, recording) for one in runs])
    return float(np.mean(held)) if held.size else 0.0


def _is_held_back(op: Op, recording: Recording) -> Array:
    """Return for each element whether `op` changed it."""
    before = next((t for t in op.inputs if not is_constant(t, recording)), op.inputs[0])
    given, made = recording.array(before), recording.array(op.outputs[0])
    return (given != made).ravel() if given.shape == made.shape else np.zeros(0, dtype=bool)


def _swapped_bounds(op: Op, recording: Recording) -> list[Proposal]:
    """Return the clip with its bounds exchanged: the minimum runs first, and the maximum undoes it."""
    before = recording.producer(op.inputs[0])
    if before is None or before.type != "Minimum":
        return []
    message = "the bounds of the clip are swapped: everything is clipped"
    value, high = (At(place_of(before), number) for number in range(2))
    words = "use `tf.minimum` of the lower bound, and `tf.maximum` of the upper one"
    return [
        Proposer("dead", recording)(op, call("clip_by_value", value, high, Input(1)), message, words=words)
    ]
