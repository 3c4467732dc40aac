"""A value is truncated, or wraps around, because it is computed in an integer dtype.

`tf.cast(x, tf.int32)` rounds towards zero, `//` rounds down, and the difference of two `uint8` images wraps
around at 256. Integers are legal operands and a later cast turns them back into floats, so nothing raises an
error: the targets are just coarse, and often all zero for rewards below one. Use a floating-point dtype for
everything that enters a loss, cast images before subtracting them, and cast to integers only what is used as
an index.
"""

from __future__ import annotations

import numpy as np

from gradcheck.causes._evidence import Evidence
from gradcheck.causes._example import Example
from gradcheck.causes._located import Located
from gradcheck.findings import Finding
from gradcheck.program.ops import BINARY, REARRANGE
from gradcheck.program.recording import Op, Recording
from gradcheck.repair.language import OWN, Either, Input, Own, call
from gradcheck.repair.proposal import Proposal, Proposer, once_per_place

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


def find(evidence: Evidence) -> list[Finding]:
    """Return nothing: a cast to an integer may well be meant."""
    return []


CLAIMS = 2


def claims(located: Located) -> bool:
    """Return whether floating-point numbers are made whole ones there, or were just before."""
    recording, op = located.candidate, located.op
    while op.type == "Cast":
        if recording.tensors[op.inputs[0]].floating:
            return not recording.tensors[op.outputs[0]].floating
        maker = recording.producer(op.inputs[0])
        if maker is None:
            return True
        op = maker
    return False


def propose(evidence: Evidence) -> list[Proposal]:
    """Return every cast to an integer left out, and arithmetic on integers done in floating point."""
    recording = evidence.candidate
    contributing = [op for op in recording.ops if op.index in recording.contributing]
    casts = [op for op in contributing if op.type == "Cast" and _truncates(op, recording)]
    ops = once_per_place(contributing)
    return [
        *(proposal for op in once_per_place(casts) for proposal in _casts(op, recording)),
        *(_floor(op, recording) for op in ops if op.type == "FloorDiv"),
        *(_arithmetic(op, recording) for op in ops if op.type in BINARY and _in_integers(op, recording)),
    ]


def _truncates(op: Op, recording: Recording) -> bool:
    return recording.tensors[op.inputs[0]].floating and _in_integers(op, recording)


def _in_integers(op: Op, recording: Recording) -> bool:
    return not recording.tensors[op.outputs[0]].floating


def _casts(op: Op, recording: Recording) -> list[Proposal]:
    """Return the cast left out, in every run of its expression or only in those in which it loses something."""
    before, after = recording.tensors[op.inputs[0]].dtype, recording.tensors[op.outputs[0]].dtype
    propose, message = Proposer("dtype", recording), f"a cast from {before} to {after} truncates"
    everywhere = propose(op, Input(0), message, in_source=_read_as(op, recording) is not None)
    losses = {_loses(run, recording) for run in recording.at_site[op.site] if run.type == op.type}
    if len(losses) == 1:
        return [everywhere]
    words = "leave the cast out for what is no whole number"
    return [everywhere, propose(op, _WHERE_LOSSLESS, message, words=words, in_source=False)]


_SAME = call(
    "reduce_all", call("equal", call("cast", OWN, dtype="float64"), call("cast", Input(0), dtype="float64"))
)
_WHERE_LOSSLESS = Either(_SAME, OWN, Input(0))
"""The cast, but not in those runs of its expression in which it changes a number."""


def _loses(op: Op, recording: Recording) -> bool:
    """Return whether a number is another one after the cast."""
    return not np.array_equal(recording.array(op.inputs[0]), recording.array(op.outputs[0]))


def _read_as(op: Op, recording: Recording) -> str | None:
    """Return the one floating dtype to which all is cast that reads the output of ops like `op`, if it is so.

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
            return None
    dtype = dtypes.pop() if len(dtypes) == 1 else ""
    return dtype if dtype.startswith("float") else None


def _data(op: Op) -> tuple[int, ...]:
    """Return the inputs whose elements `op` rearranges, without those that say how."""
    if op.type == "Pack":
        return op.inputs
    return op.inputs[:-1] if op.type == "ConcatV2" else op.inputs[:1]


def _arithmetic(op: Op, recording: Recording) -> Proposal:
    dtype = recording.tensors[op.outputs[0]].dtype
    message = f"{dtype} arithmetic wraps around or truncates: cast to a floating-point dtype first"
    wide = _read_as(op, recording)
    both = tuple((number, call("cast", Input(number), dtype=wide or "float32")) for number in range(2))
    return Proposer("dtype", recording)(op, Own(both), message, in_source=wide is not None, rank=1)


def _floor(op: Op, recording: Recording) -> Proposal:
    message = "`//` rounds down; the reference agrees with `/`"
    # Of whole numbers `/` gives float64.
    fits = recording.tensors[op.outputs[0]].floating or _read_as(op, recording) is not None
    return Proposer("dtype", recording)(op, Own(kind="RealDiv"), message, in_source=fits)
