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
from dataclasses import dataclass, replace

import numpy as np

from gradcheck.causes._evidence import Evidence
from gradcheck.causes._example import Example
from gradcheck.causes._located import Located
from gradcheck.causes._pairing import beside_agreement, pairs_no_samples
from gradcheck.findings import Finding, Operand, operands_at
from gradcheck.program.broadcasting import broadcast_against_each_other, gives_axis
from gradcheck.program.ops import ADDITIONS, ELEMENTWISE
from gradcheck.program.recording import Op, Recording, Shape
from gradcheck.repair.language import Expression, call, with_input
from gradcheck.repair.language import times as scaled
from gradcheck.repair.proposal import Proposal, Proposer, once_per_place
from gradcheck.source import Span, source_lines

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
    gave an operand an axis of its own for it. Where each of two operands was given one, pairs were meant.
    """
    recording = evidence.candidate
    agree = evidence.verdict in ("equivalent", "consistent", "vacuous")
    places: dict[object, tuple[Op, int]] = {}
    for op in recording.ops:
        if op.index in recording.contributing and both_are_broadcast(op, recording):
            if pairs_no_samples(op, recording) or _is_pairing(op, recording):
                continue
            if agree and asked_for(op, recording):
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


def _has_its_axis(number: int, recording: Recording) -> bool:
    maker = recording.producer(number)
    if maker is None or not maker.inputs:
        return False
    return gives_axis(maker.type, *recording.shapes((maker.inputs[0], maker.outputs[0])))


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


def propose(evidence: Evidence) -> list[Proposal]:
    """Return the reshapes of one operand that keep the operands of an elementwise op from growing apart."""
    recording = evidence.candidate
    ops = [op for op in recording.ops if op.index in recording.contributing and op.type in ELEMENTWISE]
    return [
        proposal
        for op in once_per_place(ops)
        for number in range(len(op.inputs))
        for proposal in [*_reshapes(op, number, recording), *_weighed_once(op, number, recording)]
    ]


def _reshapes(op: Op, number: int, recording: Recording) -> list[Proposal]:
    shapes = recording.shapes(op.inputs)
    result = recording.tensors[op.outputs[0]].shape
    both = both_are_broadcast(op, recording)
    if shapes[number] == () or not any(shapes[:number] + shapes[number + 1 :]):
        return []  # next to scalars alone no shape is wrong
    if len(set(shapes)) == 1 and not _square(shapes[0]):
        return _outer(op, number, recording)
    found = []
    for variant in (*_variants(shapes[number]), *_in_front(shapes, number)):
        if variant.shape == shapes[number] and variant.function != "transpose":
            continue
        new = [variant.shape if place == number else other for place, other in enumerate(shapes)]
        fitted = _broadcast(new)
        if fitted is not None and not (both and _size(fitted) >= _size(result)):
            found.append(_reshape(op, number, variant, recording))
    return found


def _outer(op: Op, number: int, recording: Recording) -> list[Proposal]:
    """Return a row turned into a column, if rows are combined and the result is then used as a row of a matrix."""
    if not _is_row_of_a_matrix(op, recording):
        return []
    variants = _variants(recording.tensors[op.inputs[number]].shape)
    return [_reshape(op, number, variant, recording) for variant in variants if variant.axis == 1]


def _is_row_of_a_matrix(op: Op, recording: Recording) -> bool:
    """Return whether what `op` gives is an array (k,) that is broadcast against one of shape (k, k)."""
    shape = recording.tensors[op.outputs[0]].shape
    readers = recording.consumers.get(op.outputs[0], ())
    return len(shape) == 1 and any(
        reader.type in ELEMENTWISE and (*shape, *shape) in recording.shapes(reader.inputs)
        for reader in readers
    )


def _weighed_once(op: Op, number: int, recording: Recording) -> list[Proposal]:
    """Return an addend that is repeated along an axis, and divided by the times it is."""
    shape, result = recording.tensors[op.inputs[number]].shape, recording.tensors[op.outputs[0]].shape
    times = _size(result) // max(_size(shape), 1)
    if op.type not in ADDITIONS | {"Sub"} or times < 2 or op.inputs[number] not in recording.trainable:
        return []
    if shape == () or both_are_broadcast(op, recording):
        return []
    shapes = recording.shapes(op.inputs)
    return [
        Proposer("broadcast", recording)(
            op,
            with_input(number, lambda operand: scaled(1 / times, operand)),
            f"{_and(shapes)} make {result}: each element of {shape} counts {times} times",
            rank=1,
            in_source=False,
            notes=(f"reduce the other operand to {shape} before combining the two",),
            operands=operands_at(op.site, ELEMENTWISE[op.type], shapes),
        )
    ]


@dataclass(frozen=True)
class _Reshaping:
    """A way to reshape an operand, and the shape it gives."""

    function: str
    axis: int | None
    shape: Shape

    def of(self, operand: Expression) -> Expression:
        """Return the operand, reshaped."""
        if self.function == "append_axes":
            for _ in range(self.axis or 0):
                operand = call("expand_dims", operand, axis=-1)
            return operand
        axis = {} if self.axis is None else {"axis": self.axis}
        kept = {"keepdims": True} if self.function.startswith("reduce") else {}
        return call(self.function, operand, **axis, **kept)


def _variants(shape: Shape) -> list[_Reshaping]:
    found = []
    for axis, length in enumerate(shape):
        if length == 1:
            rest = shape[:axis] + shape[axis + 1 :]
            found.append(_Reshaping("squeeze", axis, rest))
        elif axis > 0:
            kept = (*shape[:axis], 1, *shape[axis + 1 :])
            found.append(_Reshaping("reduce_sum", axis, kept))
            found.append(_Reshaping("reduce_mean", axis, kept))
    for axis in range(len(shape), -1, -1):
        longer = (*shape[:axis], 1, *shape[axis:])
        found.append(_Reshaping("expand_dims", axis, longer))
    if len(shape) == 2 and shape[0] != 1:
        found.append(_Reshaping("transpose", None, shape[::-1]))
    return found


def _in_front(shapes: Sequence[Shape], number: int) -> list[_Reshaping]:
    """Return an operand whose axes come before all axes of the others: one matrix for each of its elements."""
    shape = shapes[number]
    rank = max(len(other) for place, other in enumerate(shapes) if place != number)
    if rank < 2:
        return []
    return [_Reshaping("append_axes", rank, (*shape, *[1] * rank))]


def _reshape(op: Op, number: int, variant: _Reshaping, recording: Recording) -> Proposal:
    shapes = recording.shapes(op.inputs)
    result = recording.tensors[op.outputs[0]].shape
    both = both_are_broadcast(op, recording)
    operands = operands_at(op.site, ELEMENTWISE[op.type], shapes)
    message = f"both operands are broadcast: {_and(shapes)} give {result}"
    if not both:
        message = f"{_and(shapes)} make {result}; the reference agrees {_with(variant, number, shapes)}"
    return Proposer("broadcast", recording)(
        op,
        with_input(number, variant.of),
        message,
        rank=(0 if both else 2) + (variant.function in ("reduce_sum", "reduce_mean", "transpose")),
        notes=_notes(operands, shapes, result)[:1] if both else (),
        operands=operands,
    )


def _with(variant: _Reshaping, number: int, shapes: Sequence[Shape]) -> str:
    """Return how an operand must change before it is combined with the others."""
    match variant.function:
        case "reduce_sum" | "reduce_mean":
            name = variant.function.removeprefix("reduce_")
            return f"with the {name} of {shapes[number]} over axis {variant.axis}"
        case "transpose":
            return f"with {shapes[number]} transposed"
    return f"with {variant.shape} in place of {shapes[number]}"


def _broadcast(shapes: Sequence[Shape]) -> Shape | None:
    try:
        return tuple(np.broadcast_shapes(*shapes))
    except ValueError:
        return None


def _square(shape: Shape) -> bool:
    return len(shape) == 2 and shape[0] == shape[1]


def _size(shape: Shape) -> int:
    return int(np.prod(shape, dtype=int))
