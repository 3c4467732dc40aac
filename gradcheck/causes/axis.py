"""A reduction, a softmax or an argmax runs over the wrong axis.

`tf.nn.softmax(x, axis=0)` on a batch makes the samples compete with each other instead of the classes, and
`tf.reduce_sum(x)` without an axis sums the whole batch when each sample should have its own sum. No error is
raised: the result still broadcasts against what follows, and the loss is still a scalar. But the contribution
of one sample now depends on which others happen to be in the batch. Training often works, but worse, and
depends on the batch size. Give every reduction an explicit axis, write the shapes into variable names or
comments, and check the shapes once.
"""

from __future__ import annotations

import itertools

from gradcheck.causes._evidence import Evidence
from gradcheck.causes._example import Example
from gradcheck.causes._located import Located
from gradcheck.causes._naming import named, run_by
from gradcheck.findings import Finding
from gradcheck.program.ops import ALONG_AXIS, HAVE_AXIS, REDUCTIONS
from gradcheck.program.queries import reduced_axes
from gradcheck.program.recording import Op, Recording
from gradcheck.repair.edits import AlongAxis, OverAxes
from gradcheck.repair.proposal import Proposal, Proposer, once_per_place
from gradcheck.repair.rewriting import called, keywords_set

_REDUCE_INSIDE = {"l2_normalize"}
"""Functions that reduce once, over an axis that they are given, and keep it."""

_AT = {"axis": 1, "keepdims": 2}
"""The positions of arguments that are passed by position."""

_LARGEST_RANK = 4

EXAMPLES = (
    Example(
        title="Attention weights: each query distributes its attention over the keys",
        setup="""
            batch = {
                "scores": draw.normal(size=(6, 4, 5)).astype("float32"),
                "values": draw.normal(size=(6, 5)).astype("float32"),
            }
            w = tf.Variable(draw.normal(size=(5,)).astype("float32"), name="w")
            variables = [w]
        """,
        right="""
            def right(scores, values):
                attention = tf.nn.softmax(scores * w, axis=2)
                return tf.reduce_mean(tf.square(tf.linalg.matvec(attention, values)))
        """,
        wrong="""
            def wrong(scores, values):
                attention = tf.nn.softmax(scores * w, axis=1)  # <--
                return tf.reduce_mean(tf.square(tf.linalg.matvec(attention, values)))
        """,
        says="softmax of (6, 4, 5) runs along axis 1; the reference agrees with axis 2",
        fix="tf.nn.softmax(scores * w, axis=2)",
    ),
    Example(
        title="Dueling networks: the advantages are centred for each state, not over the batch",
        setup="""
            batch = {"states": draw.normal(size=(8, 3)).astype("float32")}
            w = tf.Variable(draw.normal(size=(3, 4)).astype("float32"), name="w")
            variables = [w]
        """,
        right="""
            def right(states):
                advantages = states @ w
                q = advantages - tf.reduce_mean(advantages, axis=1, keepdims=True)
                return tf.reduce_mean(tf.square(q - 1.0))
        """,
        wrong="""
            def wrong(states):
                advantages = states @ w
                q = advantages - tf.reduce_mean(advantages, keepdims=True)  # <--
                return tf.reduce_mean(tf.square(q - 1.0))
        """,
        says="reduce_mean of (8, 4) runs over axes 0, 1; the reference agrees with axis 1",
        fix="tf.reduce_mean(advantages, keepdims=True, axis=1)",
    ),
)


def find(evidence: Evidence) -> list[Finding]:
    """Return nothing: no axis is wrong in itself."""
    return []


CLAIMS = 5


def claims(located: Located) -> bool:
    """Return whether the same is done there along other axes."""
    kind, other = located.types
    return kind == other and kind in HAVE_AXIS and not located.same_numbers and abs(located.factor) == 1


def propose(evidence: Evidence) -> list[Proposal]:
    """Return every reduction over other axes, and every softmax and argmax along another axis."""
    recording = evidence.candidate
    ops = once_per_place(op for op in recording.ops if op.index in recording.contributing)
    reductions = [p for op in ops if op.type in REDUCTIONS for p in _reductions(op, recording)]
    return reductions + [p for op in ops if op.type in ALONG_AXIS for p in _along(op, recording)]


def _reductions(op: Op, recording: Recording) -> list[Proposal]:
    rank = len(recording.tensors[op.inputs[0]].shape)
    if rank > _LARGEST_RANK:
        return []
    own = OverAxes(reduced_axes(op, recording), bool(op.attributes.get("keep_dims")))
    subsets = [axes for k in range(1, rank + 1) for axes in itertools.combinations(range(rank), k)]
    choices = [OverAxes(axes, keeps) for axes in subsets for keeps in (own.keepdims, not own.keepdims)]
    return [_reduction(op, own, choice, recording) for choice in choices if choice != own]


def _reduction(op: Op, own: OverAxes, choice: OverAxes, recording: Recording) -> Proposal:
    shape = recording.tensors[op.inputs[0]].shape
    inside = called(op, _REDUCE_INSIDE)
    name = named(op) if inside is None else inside.name
    wanted = _words(choice.axes)
    if choice.keepdims != own.keepdims:
        wanted += f" and keepdims={choice.keepdims}"
    return Proposer("axis", recording)(
        op,
        choice,
        f"{name} of {shape} runs over {_words(own.axes)}; the reference agrees with {wanted}",
        text=_reduction_text(op, own, choice),
        # What keeps the rank of the result fits the rest of the loss more often.
        rank=1 if choice.keepdims == own.keepdims else 3,
    )


def _reduction_text(op: Op, own: OverAxes, choice: OverAxes) -> str | None:
    settings = {"axis": str(choice.axes[0] if len(choice.axes) == 1 else list(choice.axes))}
    if choice.keepdims == own.keepdims:
        return keywords_set(op, {REDUCTIONS[op.type], *_REDUCE_INSIDE}, settings, _AT)
    return keywords_set(op, {REDUCTIONS[op.type]}, {**settings, "keepdims": str(choice.keepdims)}, _AT)


def _along(op: Op, recording: Recording) -> list[Proposal]:
    shape, axes = _as_written(op, recording)
    name = ALONG_AXIS[op.type]
    own = int(recording.array(op.inputs[1])) % len(shape) if len(op.inputs) > 1 else len(shape) - 1
    return [
        Proposer("axis", recording)(
            op,
            AlongAxis(axis, axes[axis]),
            f"{name}{run_by(op)} of {shape} runs along {_words((axes[own],))}; "
            f"the reference agrees with {_words((axes[axis],))}",
            text=keywords_set(op, {name}, {"axis": str(axes[axis])}, _AT),
            rank=1,
        )
        for axis in range(len(shape))
        if axis != own
    ]


def _as_written(op: Op, recording: Recording) -> tuple[tuple[int, ...], list[int]]:
    """Return the shape of what was given to the user's call, and for each axis of the op which it is there.

    TensorFlow moves the axis of a softmax to the end first, by a transpose within the same call.
    """
    shape = recording.tensors[op.inputs[0]].shape
    maker = recording.producer(op.inputs[0])
    if maker is None or maker.type != "Transpose" or maker.site != op.site:
        return shape, list(range(len(shape)))
    axes = [int(axis) for axis in recording.array(maker.inputs[1])]
    return recording.tensors[maker.inputs[0]].shape, axes


def _words(axes: tuple[int, ...]) -> str:
    return ("axis " if len(axes) == 1 else "axes ") + ", ".join(map(str, axes))
