"""An accidental broadcast: two arrays that should be combined element by element are broadcast instead.

A column of shape (n, 1) times a row of shape (n,) is an (n, n) matrix: the advantage of every sample times
the log-probability of every sample. Broadcasting is a feature, so nothing raises an error, and the mean
over the matrix is still a scalar. But the mean of that product is the product of the means: it no longer
matters which advantage belonged to which action, and the gradient may even point the other way. A second
kind involves no matrix: an operand is repeated along one axis too many, or along the wrong axis. Compare
the shapes of the operands. A typical case is a model that ends in `Dense(1)`: its output is (n, 1), but the
labels are (n,).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gradcheck.causes._evidence import Evidence
from gradcheck.causes._example import Example
from gradcheck.causes._located import Located
from gradcheck.causes._pairing import beside_agreement, has_few_samples, pairs_no_samples
from gradcheck.findings import Finding, Operand, operands_at
from gradcheck.program.broadcasting import broadcast_against_each_other, gives_axis
from gradcheck.program.ops import ELEMENTWISE
from gradcheck.program.queries import has_no_samples, is_mask
from gradcheck.program.recording import Op, Recording, Shape
from gradcheck.repair.changes import Change, Said
from gradcheck.repair.language import Call, Expression, Input
from gradcheck.repair.reshaped import repeated_beside, shape_with
from gradcheck.source import Span, source_lines
from gradcheck.source.differences import Difference

EXAMPLES = (
    Example(
        title="Policy gradient: the advantage of each sample weights the log-probability of its own action",
        setup="""
            batch = {
                "states": draw.normal(size=(8, 3)).astype("float32"),
                "actions": draw.integers(2, size=8),
                "advantages": draw.normal(size=(8, 1)).astype("float32"),
            }
            w = tf.Variable(draw.normal(size=(3, 2)).astype("float32"), name="w")
            variables = [w]
        """,
        right="""
            def right(states, actions, advantages):
                log_probs = tf.nn.log_softmax(states @ w)
                taken = tf.gather(log_probs, actions, batch_dims=1)
                return -tf.reduce_mean(tf.squeeze(advantages, axis=1) * taken)
        """,
        wrong="""
            def wrong(states, actions, advantages):
                log_probs = tf.nn.log_softmax(states @ w)
                taken = tf.gather(log_probs, actions, batch_dims=1)
                return -tf.reduce_mean(advantages * taken)  # <--
        """,
        says="both operands are broadcast: (8, 1) and (8,) give (8, 8)",
        fix="tf.squeeze(advantages, axis=1) * taken",
    ),
    Example(
        title="Regression: a model with one output unit and labels without that axis",
        setup="""
            batch = {
                "x": draw.normal(size=(8, 3)).astype("float32"),
                "y": draw.normal(size=8).astype("float32"),
            }
            w = tf.Variable(draw.normal(size=(3, 1)).astype("float32"), name="w")
            variables = [w]
        """,
        right="""
            def right(x, y):
                return tf.reduce_mean(tf.square(tf.expand_dims(y, axis=1) - x @ w))
        """,
        wrong="""
            def wrong(x, y):
                return tf.reduce_mean(tf.square(y - x @ w))  # <--
        """,
        says="both operands are broadcast: (8,) and (8, 1) give (8, 8)",
        fix="y - tf.squeeze(x @ w, axis=1)",
    ),
)


def find(evidence: Evidence) -> list[Finding]:
    """Return one finding per expression of the candidate in which both operands are broadcast.

    A broadcast alone does not make a gradient wrong: Gram matrices and pairwise losses broadcast on purpose. It is
    a suspicion where the gradients differ; where they agree it is a note, and none at all when the author
    gave an operand an axis of its own for it. Where each of two operands was given one, pairs were meant; so they
    were where one was given one, and the other has no samples.
    """
    recording = evidence.candidate
    agree = evidence.verdict in ("equivalent", "consistent", "vacuous")
    places: dict[object, tuple[Op, int]] = {}
    for op in recording.ops:
        if both_are_broadcast(op, recording) and op.index in recording.contributing:
            if pairs_no_samples(op, recording) or _is_pairing(op, recording) or _is_within(op, recording):
                continue
            if asked_for(op, recording) and (agree or has_few_samples(op, recording)):
                continue
            first, times = places.get(op.site, (op, 0))
            places[op.site] = (first, times + 1)
    if not agree:
        return [_finding(op, times, recording) for op, times in places.values()]
    return [note for op, _ in places.values() for note in _beside_agreement(op, evidence)]


def asked_for(op: Op, recording: Recording) -> bool:
    """Return whether an operand was given an axis of length 1 by an op made for that: a None, a transpose."""
    return any(_has_its_axis(number, recording) for number in op.inputs)


def _is_pairing(op: Op, recording: Recording) -> bool:
    return len(op.inputs) > 1 and all(_has_its_axis(number, recording) for number in op.inputs)


def _is_within(op: Op, recording: Recording) -> bool:
    """Return whether both operands are made in one call with the result, and one of no sample: it is meant there.

    So `tf.sequence_mask` compares lengths with a range.
    """
    makers = [recording.producer(number) for number in op.inputs]
    in_one_call = op.site is not None and all(one is not None and one.site == op.site for one in makers)
    return in_one_call and any(has_no_samples(number, recording) for number in op.inputs)


def _has_its_axis(number: int, recording: Recording) -> bool:
    """Return whether an operand was given an axis of length 1, maybe before elementwise ops: `1.0 - it`."""
    seen, waiting = {number}, [number]
    while waiting:
        made = waiting.pop()
        maker = recording.producer(made)
        if maker is None or not maker.inputs:
            return False
        if maker.type in ELEMENTWISE:
            shape = recording.tensors[made].shape
            same = {one for one in maker.inputs if recording.tensors[one].shape == shape}
            if not same:
                return False
            waiting += same - seen
            seen |= same
        elif not gives_axis(maker.type, *recording.shapes((maker.inputs[0], maker.outputs[0]))):
            return False
    return True


def _beside_agreement(op: Op, evidence: Evidence) -> list[Finding]:
    """Return findings on broadcast operands if the gradients agree."""
    plain = _finding(op, 1, evidence.candidate)
    names = [_name(operand.span) for operand in plain.operands]
    said = beside_agreement(op, names, evidence)
    return [] if said is None else [replace(plain, severity=said.severity, notes=said.notes)]


def both_are_broadcast(op: Op, recording: Recording) -> bool:
    """Return whether `op` is elementwise and two operands each lack an axis of the result."""
    if op.type not in ELEMENTWISE:
        return False
    return broadcast_against_each_other(recording.shapes(op.inputs), recording.tensors[op.outputs[0]].shape)


def _finding(op: Op, times: int, recording: Recording) -> Finding:
    shapes = recording.shapes(op.inputs)
    result = recording.tensors[op.outputs[0]].shape
    operands = operands_at(op.site, ELEMENTWISE[op.type], shapes)
    often = "" if times == 1 else f", in {times} runs of this line"
    return Finding(
        cause="broadcast",
        message=f"both operands are broadcast: {_and(shapes)} give {result}{often}",
        span=op.span,
        shapes=(*shapes, result),
        operands=operands,
        notes=_notes(operands, shapes, result),
    )


def _notes(operands: Sequence[Operand], shapes: Sequence[Shape], result: Shape) -> tuple[str, ...]:
    if len(shapes) != 2:
        return ()
    left, right = [_name(operand.span) for operand in operands] or ["one operand", "the other"]
    notes = [
        f"element i of {left} is no longer paired with element i of {right}: "
        f"every element of one is combined with every element of the other"
    ]
    one, other = (_size(shape) for shape in shapes)
    if one == other:
        notes.append(
            f"{one} pairs were probably intended, but {_size(result)} are computed: give both the same shape, "
            f"for example with tf.squeeze or tf.reshape on one of them"
        )
    return tuple(notes)


def _name(span: Span) -> str:
    return f"`{span.text}`" if span.text and "\n" not in span.text and source_lines(span) else "the operand"


def _and(shapes: Sequence[Shape]) -> str:
    return " and ".join(str(shape) for shape in shapes)


CLAIMS = 1


def claims(located: Located) -> bool:
    """Return whether both operands are broadcast where the programs part, to more numbers than the reference."""
    too_many = located.sizes[0] > located.sizes[1]
    return too_many and both_are_broadcast(located.op, located.candidate)


def rewrites(difference: Difference) -> bool:
    """Return whether an axis of length 1 is given to what stands there, taken from it, kept, or put elsewhere."""
    return bool({difference.old, difference.new} & {"[]", "expand_dims", "squeeze", "newaxis", "keepdims"})


def explains(change: Change) -> Said | None:
    """Return what to say of an operand in another shape, and of a result reduced before it meets a smaller one."""
    op, recording = change.op, change.recording
    if change.reduced is not None:
        return _reduced(op, *change.reduced, recording)
    number, one = change.operand or (0, Input(0))
    shapes, result = recording.shapes(op.inputs), recording.tensors[op.outputs[0]].shape
    new = shape_with(one, shapes[number]) if op.type in ELEMENTWISE and isinstance(one, Call) else None
    if new is None or (isinstance(one, Call) and _is_beside_a_mask(op, number, one, recording)):
        return None
    both, operands = both_are_broadcast(op, recording), operands_at(op.site, ELEMENTWISE[op.type], shapes)
    message = f"both operands are broadcast: {_and(shapes)} give {result}"
    if not both:
        message = f"{_and(shapes)} give {result}; the reference agrees {_with(one, shapes[number], new)}"
    return Said(
        message=message,
        rank=(0 if both else 2) + (getattr(one, "name", "") in ("reduce_sum", "reduce_mean", "transpose")),
        notes=_notes(operands, shapes, result)[:1] if both else (),
        operands=operands,
    )


def _is_beside_a_mask(op: Op, number: int, one: Call, recording: Recording) -> bool:
    """Return whether an operand is reduced along an axis along which but a mask is repeated."""
    others = [tensor for place, tensor in enumerate(op.inputs) if place != number]
    return one.name.startswith("reduce") and all(is_mask(tensor, recording) for tensor in others)


def _reduced(op: Op, name: str, axis: int, recording: Recording) -> Said | None:
    shape, beside = recording.tensors[op.outputs[0]].shape, repeated_beside(op.outputs[0], axis, recording)
    if beside is None:
        return None
    said = f"{shape} is combined with {beside}; the reference agrees with its {name} over axis {axis}"
    return Said(message=said, rank=2)


def _with(expression: Expression, own: Shape, new: Shape) -> str:
    """Return how an operand must change before it is combined with the others."""
    match expression:
        case Call(name="reduce_sum" | "reduce_mean" as name, settings=(("axis", axis), *_)):
            return f"with the {name.removeprefix('reduce_')} of {own} over axis {axis}"
        case Call(name="transpose"):
            return f"with {own} transposed"
    return f"with {new} in place of {own}"


def _size(shape: Shape) -> int:
    return int(np.prod(shape, dtype=int))
