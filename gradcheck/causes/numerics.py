"""Right on paper, wrong in floating point: overflow, NaN in the backward pass, a second softmax, an epsilon.

`tf.where(x > 0, tf.math.log(x), 0.0)` hides the infinite value, but in the backward pass the infinite
derivative is multiplied by zero, which gives NaN, and one such sample makes the gradient of every weight NaN.
`log(softmax(x))` and `log(1 + exp(x))` overflow or lose all digits where their fused forms do not. A softmax in
front of a loss that expects logits, or an epsilon that is not small compared with what it is added to, changes
the function slightly everywhere. TensorFlow raises an error for none of these. Use the fused functions
(`log_softmax`, `softplus`, losses with `from_logits=True`), and before a function with a pole, replace its
dangerous *arguments*, not its results.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

import numpy as np

from gradcheck.arrays import Array
from gradcheck.causes._bounds import keeps_from_a_pole, let_pass
from gradcheck.causes._evidence import Evidence
from gradcheck.causes._example import Example
from gradcheck.causes._located import Located
from gradcheck.causes._naming import named
from gradcheck.findings import Finding
from gradcheck.program.ops import ADDITIONS, BOUNDS, POLES, SQUASHING, UNDEFINED_BELOW_POLE
from gradcheck.program.places import place_of
from gradcheck.program.queries import leads_to_a_pole, scalar_constant, trained
from gradcheck.program.recording import Breakdown, Op, Recording
from gradcheck.repair.asked import axes_as_written
from gradcheck.repair.changes import Change, Said
from gradcheck.repair.language import At, Call, Expression, Input, Settings, call, with_input
from gradcheck.repair.proposal import Proposal, Proposer, once_per_place
from gradcheck.source import span_of
from gradcheck.source.differences import Difference
from gradcheck.source.syntax import Written

_FUSED = {
    ("Log", "Exp"): "tf.nn.softplus",
    ("Log1p", "Exp"): "tf.nn.softplus",
    ("Log", "Softmax"): "tf.nn.log_softmax",
    ("Log", "Sigmoid"): "tf.math.log_sigmoid",
}
_SMALL = 0.01


EXAMPLES = (
    Example(
        title="The logarithm of positive elements: replace the argument, not the result",
        setup="""
            x = np.append(draw.normal(size=(7, 3)), np.zeros((1, 3)), axis=0)
            batch = {"x": x.astype("float32")}
            w = tf.Variable(draw.normal(size=(3,)).astype("float32"), name="w")
            variables = [w]
        """,
        right="""
            def right(x):
                z = x * w
                logs = tf.math.log(tf.where(z > 0, z, tf.ones_like(z)))
                return tf.reduce_mean(tf.where(z > 0, logs, tf.zeros_like(z)))
        """,
        wrong="""
            def wrong(x):
                z = x * w
                logs = tf.math.log(z)  # <--
                return tf.reduce_mean(tf.where(z > 0, logs, tf.zeros_like(z)))
        """,
        says="the gradient of log is not finite where tf.where discards its value: 0 times inf is NaN",
        fix="tf.math.log(tf.where(z > 0, z, tf.ones_like(z)))",
    ),
    Example(
        title="Cross-entropy: a loss that expects logits must get logits",
        setup="""
            batch = {
                "x": draw.normal(size=(8, 3)).astype("float32"),
                "labels": draw.integers(4, size=8),
            }
            w = tf.Variable(draw.normal(size=(3, 4)).astype("float32"), name="w")
            variables = [w]
        """,
        right="""
            def right(x, labels):
                scores = x @ w
                losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, scores)
                return tf.reduce_mean(losses)
        """,
        wrong="""
            def wrong(x, labels):
                scores = tf.nn.softmax(x @ w)  # <--
                losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, scores)
                return tf.reduce_mean(losses)
        """,
        says="softmax is applied here; the reference agrees without it",
        fix="x @ w",
    ),
)


def find(evidence: Evidence) -> list[Finding]:
    """Return the op at which the numbers break down, on each side that they do on."""
    recordings = {"reference": evidence.reference, "candidate": evidence.candidate}
    found = [_broken(one, side, recordings[side]) for side, one in evidence.breakdowns.items()]
    shared = len({finding.span for finding in found}) == 1 < len(found)
    return [replace(found[-1], message=f"on both sides, {found[-1].message}")] if shared else found


def _broken(breakdown: Breakdown, side: str, recording: Recording) -> Finding:
    op = breakdown.op
    message, *notes = _words(breakdown)
    notes += [note for proposal in _fused(op, recording) for note in proposal.finding.notes]
    return Finding(
        cause="numerics",
        message=f"in the reference, {message}" if side == "reference" else message,
        span=op.span,
        shapes=(*recording.shapes(op.inputs), *recording.shapes(op.outputs)),
        notes=tuple(notes),
        severity="error",
    )


def _words(breakdown: Breakdown) -> tuple[str, ...]:
    """Return the message and further notes."""
    name, dtype, what = named(breakdown.op), breakdown.dtype, breakdown.what
    message = _MESSAGES[what].format(name=name, dtype=dtype)
    if breakdown.finite_in_float64 is None:
        return (f"{message}, in a gradient that is written by hand",)
    if what in ("value", "gradient"):
        finite = f"in float64 it is finite: {dtype} has too small a range"
        return message, finite if breakdown.finite_in_float64 else _NOT_FINITE_EITHER[what]
    if breakdown.underflowed > _SOME:
        share = "all" if breakdown.underflowed > _ALL else f"{breakdown.underflowed:.0%} of the"
        zeros = f"{share} elements that are not zero in float64 become zero"
        return f"{name} underflows in {dtype}: {_PASSED[what]}{zeros}", _SCALE
    return message, _RIGHT_IN_FLOAT64[what].format(dtype=dtype)


_ALL = 0.995
_SOME = 0.01
"""Where at least this share of the elements becomes zero, that is why the precision is lost."""

_MESSAGES = {
    "value": "the result of {name} is the first value that is not finite",
    "gradient": "the gradient that {name} passes on is the first value that is not finite",
    "precision": "{name} loses too much precision in {dtype}: fewer than two digits of its result are right",
    "coarse": "{name} rounds to {dtype}; of what is made of that, fewer than two digits are right",
    "lost": (
        "the gradient that {name} passes on loses too much precision in {dtype}: fewer than two digits are "
        "right"
    ),
}
_NOT_FINITE_EITHER = {
    "value": "in float64 it is not finite either",
    "gradient": "its argument is at a pole, in float64 too: a tf.where after it hides the value, not the gradient",
}
_PASSED = {"precision": "", "coarse": "", "lost": "in the gradient that it passes on, "}
_RIGHT_IN_FLOAT64 = {
    "precision": "its operands cancel, or differ too much in magnitude; in float64 it is right",
    "coarse": "in float64 it is right: {dtype} keeps fewer digits than what reads it needs",
    "lost": "in float64 it is right",
}
_SCALE = "scaling the loss up before differentiating it, and the gradients down afterwards, would preserve it"


CLAIMS = 6


def claims(located: Located) -> bool:
    """Return whether the numbers are nearly right, as with an ε too large, or some are cut off or not finite."""
    nearly = not located.same_numbers and not located.rearranged and located.apart < _NEARLY
    return nearly or _breaks_down(located) or _cuts_off(located)


def _breaks_down(located: Located) -> bool:
    """Return whether an op makes of finite numbers what is not finite: an infinity that it reads is meant."""
    recording = located.candidate
    read = (number for number in located.op.inputs if recording.tensors[number].floating)
    return math.isinf(located.apart) and all(np.isfinite(recording.array(number)).all() for number in read)


def _cuts_off(located: Located) -> bool:
    """Return whether fixed bounds are put on numbers that no variable moves, where the reference has no bound."""
    op, recording = located.op, located.candidate
    fixed = any(scalar_constant(number, recording) is not None for number in op.inputs)
    trained = not recording.trainable.isdisjoint(op.outputs)
    return op.type in BOUNDS and fixed and not trained and located.other.type not in BOUNDS


_NEARLY = 1e-3


def rewrites(difference: Difference) -> bool:
    """Return whether a loss is told that it is given logits, or a logarithm is exchanged for a fused function."""
    fused = {name.rpartition(".")[2] for name in _FUSED.values()}
    told = {difference.old, difference.new} & {"from_logits", "epsilon"}
    return bool(told) or (difference.old in ("log", "log1p") and difference.new in fused)


def explains(change: Change) -> Said | None:
    """Return what to say of one of two squashing functions, of an epsilon or of a bound that is left out."""
    op = change.op
    if keeps_from_a_pole(change):
        return let_pass(change)
    if not change.trained or change.left_in is None:
        return None
    if op.type in SQUASHING:
        return Said(message=f"{named(op)} is applied here; the reference agrees without it")
    value = scalar_constant(op.inputs[1 - change.left_in], change.recording) if op.type in ADDITIONS else None
    if value is None or not 0 < abs(value) < _SMALL:
        return None
    said = f"the epsilon {value:g} is not small compared with what it is added to"
    # It may keep from a pole that a replay in float64 does not meet.
    return Said(message=said, in_source=not leads_to_a_pole(op, change.recording), rank=1)


def propose(evidence: Evidence) -> list[Proposal]:
    """Return guards for poles, and fused functions."""
    recording = evidence.candidate
    ops = once_per_place(trained(recording))
    selects = [op for op in recording.ops if op.type == "SelectV2" and op.index in recording.contributing]
    return [
        *(p for op in ops if op.type in POLES for p in _guards(op, once_per_place(selects), recording)),
        *(_zero_instead(op, recording) for op in ops if op.type in POLES),
        *(p for op in ops for p in _fused(op, recording)),
    ]


def _guards(op: Op, selects: list[Op], recording: Recording) -> list[Proposal]:
    """Return the argument made harmless where a later `tf.where` discards what the op gives for it."""
    message = (
        f"the gradient of {named(op)} is not finite where tf.where discards its value: 0 times inf is NaN"
    )
    makers = [(select, recording.producer(select.inputs[0])) for select in selects]
    return [
        Proposer("numerics", recording)(
            op, with_input(POLES[op.type], partial(_safe, At(place_of(maker), which="last"))), message
        )
        for _, maker in makers
        if maker is not None and _bad_where_discarded(op, maker, recording)
    ]


def _bad_where_discarded(op: Op, maker: Op, recording: Recording) -> bool:
    """Return whether the argument of `op` is at a pole, or beyond it, only where the condition is false."""
    bad, held = _beyond_pole(op, recording), recording.array(maker.outputs[0])
    try:
        return bool(bad.any() and not (bad & held).any())
    except ValueError:  # the condition belongs to something of another shape
        return False


def _beyond_pole(op: Op, recording: Recording) -> Array:
    argument = recording.array(op.inputs[POLES[op.type]])
    beyond: Array = argument <= 0 if op.type in UNDEFINED_BELOW_POLE else argument == 0
    return beyond


def _safe(condition: Expression, argument: Expression) -> Expression:
    """Return an argument that is 1 where the condition is false."""
    return call("where", condition, argument, call("ones_like", argument))


def _zero_instead(op: Op, recording: Recording) -> Proposal:
    """Return the op with the result 0 wherever its argument is not above 0."""
    share = float(np.mean(_beyond_pole(op, recording)))
    name, what = named(op), "divisor" if POLES[op.type] else "argument"
    message = (
        f"{name} is at its pole, or beyond, for {share:.0%} of its {what}s; the reference agrees with 0 there"
    )
    above = call("greater", Input(POLES[op.type]), 0)
    safe = with_input(POLES[op.type], partial(_safe, above))
    words = "replace its argument by a harmless constant, with tf.where, before it is applied"
    zero = call("where", above, safe, 0.0)
    return Proposer("numerics", recording)(op, zero, message, words=words, rank=1)


def _fused(op: Op, recording: Recording) -> list[Proposal]:
    """Return the fused function for ``log(1 + exp(x))``, ``log(softmax(x))`` and ``log(sigmoid(x))``."""
    inner = recording.producer(op.inputs[0]) if op.type in ("Log", "Log1p") else None
    if inner is not None and op.type == "Log" and inner.type == "AddV2":
        makers = [recording.producer(tensor) for tensor in inner.inputs]
        inner = next((maker for maker in makers if maker is not None and maker.type == "Exp"), None)
    function = None if inner is None else _FUSED.get((op.type, inner.type))
    if inner is None or function is None:
        return []
    return [
        Proposer("numerics", recording)(
            op,
            _of_the_argument(function.removeprefix("tf."), inner, recording),
            f"{named(op)} of {named(inner)} loses its precision or overflows",
            words=f"use {function} of the inner function's argument",
            notes=(f"{function} computes both in one step, without the large intermediate value",),
        )
    ]


def _of_the_argument(function: str, inner: Op, recording: Recording) -> Expression:
    """Return a function of what is given to the call of the inner one, along the axis that it is told."""
    shape, axes = axes_as_written(inner, recording)
    moved = axes != list(range(len(shape)))
    maker = recording.producer(inner.inputs[0]) if moved else inner
    asked = inner.site is not None and "axis" in Written(span_of(inner.site).text).keywords
    settings: Settings = (("axis", axes[-1]),) if asked else ()
    return Call(function, (At(place_of(maker or inner), input=0),), settings)
