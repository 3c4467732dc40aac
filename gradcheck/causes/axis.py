"""A reduction, a softmax or an argmax runs over the wrong axis.

`tf.nn.softmax(x, axis=0)` on a batch makes the samples compete with each other instead of the classes, and
`tf.reduce_sum(x)` without an axis sums the whole batch when each sample should have its own sum. No error is
raised: the result still broadcasts against what follows, and the loss is still a scalar. But the contribution
of one sample now depends on which others happen to be in the batch. Training often works, but worse, and
depends on the batch size. Give every reduction an explicit axis, write the shapes into variable names or
comments, and check the shapes once.
"""

from __future__ import annotations

from gradcheck.causes._example import Example
from gradcheck.causes._groups import grouped_otherwise
from gradcheck.causes._located import Located
from gradcheck.causes._naming import named, run_by
from gradcheck.program.ops import ALONG_AXIS, HAVE_AXIS, REDUCE_INSIDE, REDUCTIONS
from gradcheck.program.queries import arguments_of, mixes_axes, reduced_axes
from gradcheck.program.recording import Op, Recording
from gradcheck.repair.asked import axes_as_written
from gradcheck.repair.changes import Change, Said
from gradcheck.source import call_at
from gradcheck.source.differences import Difference

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


CLAIMS = 5


def claims(located: Located) -> bool:
    """Return whether the same is done there along other axes, or a reshape stands in place of a transposition."""
    kind, other = located.types
    if mixes_axes(located.blamed or located.op, located.candidate):
        return True
    if kind != other or kind not in HAVE_AXIS or located.same_numbers or abs(located.factor) != 1:
        return False
    if kind in ALONG_AXIS and located.sizes[0] != located.sizes[1]:
        return False  # samples without padding
    told = arguments_of(located.op, located.candidate), arguments_of(located.other, located.reference)
    return not located.shared or told[0] != told[1]


def claims_else(located: Located) -> bool:
    """Return whether what goes wrong first is a sum, mean or softmax over other groups of the same numbers."""
    first = located.blamed or located.op
    return not located.same_numbers and grouped_otherwise(first, located.candidate, located.reference)


def rewrites(difference: Difference) -> bool:
    """Return whether something is told other axes, or is transposed."""
    names = difference.old, difference.new
    told = difference.what == "argument" and any(word in one for one in names for word in _AXES)
    return told or difference.what == "axes" or not {"transpose", "matrix_transpose"}.isdisjoint(names)


_AXES = ("axis", "axes", "keepdims")


def explains(change: Change) -> Said | None:
    """Return what to say of a reduction over other axes, and of a softmax or argmax along another one."""
    axis = change.settings.get("axis")
    if change.settings and change.op.type in REDUCTIONS:
        return _reduced(change.op, change.settings, change.recording)
    if isinstance(axis, int) and change.op.type in ALONG_AXIS:
        return _along(change.op, axis, change.recording)
    return None


def _reduced(op: Op, settings: dict[str, object], recording: Recording) -> Said:
    call = None if op.site is None else call_at(op.site)
    name = call.name if call is not None and call.name in REDUCE_INSIDE else named(op)
    own, axes = reduced_axes(op, recording), settings.get("axis")
    wanted = [_words((axes,) if isinstance(axes, int) else axes)] if isinstance(axes, int | tuple) else []
    keeps = [f"keepdims={settings['keepdims']}"] if "keepdims" in settings else []
    said = f"{name} of {recording.tensors[op.inputs[0]].shape} runs over {_words(own)}"
    return Said(
        message=f"{said}; the reference agrees with {' and '.join([*wanted, *keeps])}",
        # What keeps the rank of the result fits the rest of the loss more often.
        rank=3 if keeps else 1,
    )


def _along(op: Op, axis: int, recording: Recording) -> Said:
    shape, axes = axes_as_written(op, recording)
    own = int(recording.array(op.inputs[1])) % len(shape) if len(op.inputs) > 1 else len(shape) - 1
    return Said(
        message=f"{ALONG_AXIS[op.type]}{run_by(op)} of {shape} runs along {_words((axes[own],))}; "
        f"the reference agrees with {_words((axes[axis],))}",
        rank=1,
    )


def _words(axes: tuple[int, ...]) -> str:
    return ("axis " if len(axes) == 1 else "axes ") + ", ".join(map(str, axes))
