"""A value is truncated, or wraps around, because it is computed in an integer dtype.

`tf.cast(x, tf.int32)` rounds towards zero, `//` rounds down, and the difference of two `uint8` images wraps
around at 256. Integers are legal operands and a later cast turns them back into floats, so nothing raises an
error: the targets are just coarse, and often all zero for rewards below one. Use a floating-point dtype for
everything that enters a loss, cast images before subtracting them, and cast to integers only what is used as
an index.
"""

from __future__ import annotations

from gradcheck.arrays import names_a_dtype
from gradcheck.causes._example import Example
from gradcheck.causes._located import Located
from gradcheck.program.ops import BINARY, REARRANGE
from gradcheck.program.places import place_of
from gradcheck.program.queries import made_at
from gradcheck.program.recording import Op, Recording
from gradcheck.repair.changes import Change, Said
from gradcheck.repair.language import Expression, Own
from gradcheck.repair.usual import WHERE_LOSSLESS
from gradcheck.source.differences import Difference

EXAMPLES = (
    Example(
        title="The difference between two frames: computed in floats, because uint8 wraps around",
        setup="""
            batch = {
                "before": draw.integers(256, size=(8, 5)).astype("uint8"),
                "after": draw.integers(256, size=(8, 5)).astype("uint8"),
            }
            w = tf.Variable(draw.normal(size=(5, 2)).astype("float32"), name="w")
            variables = [w]
        """,
        right="""
            def right(before, after):
                change = tf.cast(after, tf.float32) - tf.cast(before, tf.float32)
                return tf.reduce_mean(tf.square(change @ w))
        """,
        wrong="""
            def wrong(before, after):
                change = after - before  # <--
                return tf.reduce_mean(tf.square(tf.cast(change, tf.float32) @ w))
        """,
        says="uint8 arithmetic wraps around or truncates: cast to a floating-point dtype first",
        fix="tf.cast(after, tf.float32) - tf.cast(before, tf.float32)",
    ),
    Example(
        title="Regression targets: numbers, not class labels",
        setup="""
            batch = {
                "x": draw.normal(size=(8, 3)).astype("float32"),
                "rewards": draw.normal(size=(8, 1)).astype("float32"),
            }
            w = tf.Variable(draw.normal(size=(3, 1)).astype("float32"), name="w")
            variables = [w]
        """,
        right="""
            def right(x, rewards):
                return tf.reduce_mean(tf.square(rewards - x @ w))
        """,
        wrong="""
            def wrong(x, rewards):
                targets = tf.cast(rewards, tf.int32)  # <--
                return tf.reduce_mean(tf.square(tf.cast(targets, tf.float32) - x @ w))
        """,
        says="a cast from float32 to int32 truncates",
        fix="rewards",
    ),
)


CLAIMS = 2


def claims(located: Located) -> bool:
    """Return whether floating-point numbers become whole ones there or just before, or few bits may overflow."""
    recording, op = located.candidate, located.op
    blamed = located.blamed
    if blamed is not None and recording.tensors[blamed.outputs[0]].dtype in _FEW_BITS:
        return True
    while op.type == "Cast":
        if recording.tensors[op.inputs[0]].floating:
            return not recording.tensors[op.outputs[0]].floating
        maker = recording.producer(op.inputs[0])
        if maker is None:
            return True
        op = maker
    return False


_FEW_BITS = ("int8", "uint8", "int16", "uint16")


def rewrites(difference: Difference) -> bool:
    """Return whether something is cast, or computed in another dtype; to leave a division out is neither."""
    words = {difference.old, difference.new}
    rounded = "FloorDiv" in words and all(words)
    return rounded or bool(words & {"cast", "dtype", "int"}) or all(map(names_a_dtype, words))


def explains(change: Change) -> Said | None:
    """Return what to say of a cast to an integer left out, and of arithmetic on integers in floating point."""
    op, recording = change.op, change.recording
    if change.kind == "RealDiv" and op.type == "FloorDiv":
        # Of whole numbers `/` gives float64.
        fits = recording.tensors[op.outputs[0]].floating or _is_read_as_floating(op, recording)
        return Said(message="`//` rounds down; the reference agrees with `/`", in_source=fits)
    casts = [
        run for run in made_at(place_of(op), recording) if run.type == "Cast" and _truncates(run, recording)
    ]
    if casts:
        return _left_out(casts[0], change)
    if op.type in BINARY and _in_integers(op, recording) and _casts_both(change.expression):
        dtype = recording.tensors[op.outputs[0]].dtype
        said = f"{dtype} arithmetic wraps around or truncates: cast to a floating-point dtype first"
        return Said(message=said, in_source=_is_read_as_floating(op, recording), rank=1)
    return None


def _left_out(op: Op, change: Change) -> Said | None:
    recording = change.recording
    before, after = recording.tensors[op.inputs[0]].dtype, recording.tensors[op.outputs[0]].dtype
    message = f"a cast from {before} to {after} truncates"
    if change.left_in == 0:
        return Said(message=message, in_source=_is_read_as_floating(op, recording))
    if change.expression == WHERE_LOSSLESS:
        return Said(
            message=message, words="leave out the cast if the values are not whole numbers", in_source=False
        )
    return None


def _casts_both(expression: Expression) -> bool:
    return isinstance(expression, Own) and [getattr(one, "name", "") for _, one in expression.inputs] == [
        "cast",
        "cast",
    ]


def _truncates(op: Op, recording: Recording) -> bool:
    return recording.tensors[op.inputs[0]].floating and _in_integers(op, recording)


def _in_integers(op: Op, recording: Recording) -> bool:
    return not recording.tensors[op.outputs[0]].floating


def _is_read_as_floating(op: Op, recording: Recording) -> bool:
    """Return whether all that reads the output of ops like `op` is cast to one floating dtype.

    Then that output may be floating as well: nothing else has to fit.
    """
    integers = {other.outputs[0] for other in recording.at_site[op.site] if other.type == op.type}
    dtypes: set[str] = set()
    for reader in recording.ops:
        if integers.isdisjoint(reader.inputs):
            continue
        if reader.type == "Cast":
            dtypes.add(recording.tensors[reader.outputs[0]].dtype)
        elif reader.type in REARRANGE and integers.issuperset(_data(reader)):
            integers.update(reader.outputs)
        else:
            return False
    return len(dtypes) == 1 and dtypes.pop().startswith("float")


def _data(op: Op) -> tuple[int, ...]:
    """Return the inputs whose elements `op` rearranges, without those that say how."""
    if op.type == "Pack":
        return op.inputs
    return op.inputs[:-1] if op.type == "ConcatV2" else op.inputs[:1]
