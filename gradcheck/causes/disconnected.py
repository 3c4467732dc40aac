"""The graph is cut: the loss uses a copy of a number, and no gradient passes through a copy.

`.numpy()`, `float()`, `.item()` and all NumPy functions take the value of a tensor out of TensorFlow.
`tf.argmax`, comparisons and casts to integers have no gradient either. The loss has the right value, and
`GradientTape` does not complain. It returns None for a variable that it cannot reach; if only one of several
paths is cut, it returns the rest of the gradient as if that were all. `optimizer.apply_gradients` skips None
with a warning at most. Use only TensorFlow functions between the variables and the loss, and call `.numpy()`
only on values that you print.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gradcheck.arrays import Array
from gradcheck.causes._evidence import Evidence
from gradcheck.causes._example import Example
from gradcheck.causes._located import Located
from gradcheck.causes._naming import named
from gradcheck.causes._no_gradient import parts
from gradcheck.findings import Finding
from gradcheck.program.places import LOSS, Place, place_of
from gradcheck.program.queries import cut, is_constant
from gradcheck.program.recording import Op, Recording
from gradcheck.repair.language import At, Edit, Own, Which
from gradcheck.repair.proposal import Proposal
from gradcheck.source import Site, Span, conversion_between
from gradcheck.source.conversions import MAKE_CONSTANTS
from gradcheck.source.differences import Difference

EXAMPLES = (
    Example(
        title="A running total of the losses: as tensors, not as Python numbers",
        setup="""
            batch = {
                "x": draw.normal(size=(4, 3)).astype("float32"),
                "y": draw.normal(size=(4, 1)).astype("float32"),
            }
            w = tf.Variable(draw.normal(size=(3, 1)).astype("float32"), name="w")
            variables = [w]
        """,
        right="""
            def right(x, y):
                losses = []
                for i in range(4):
                    error = x[i : i + 1] @ w - y[i]
                    losses.append(tf.reduce_mean(tf.square(error)))
                return tf.reduce_mean(tf.stack(losses))
        """,
        wrong="""
            def wrong(x, y):
                losses = []
                for i in range(4):
                    error = x[i : i + 1] @ w - y[i]
                    losses.append(float(tf.reduce_mean(tf.square(error))))  # <--
                return tf.constant(sum(losses) / 4)
        """,
        says="the graph is cut: the value computed here reaches the loss as a constant",
        fix="tf.reduce_mean(tf.square(error))",
    ),
    Example(
        title="A choice between two outputs: the maximum has a gradient, the index of the maximum does not",
        setup="""
            batch = {"x": draw.normal(size=(8, 3)).astype("float32")}
            w = tf.Variable(draw.normal(size=(3, 2)).astype("float32"), name="w")
            variables = [w]
        """,
        right="""
            def right(x):
                return tf.reduce_mean(tf.reduce_max(x @ w, axis=1))
        """,
        wrong="""
            def wrong(x):
                best = tf.argmax(x @ w, axis=1)  # <--
                return tf.reduce_mean(tf.cast(best, tf.float32))
        """,
        says="the gradient of `w` ends here: what follows does not depend on it",
        fix="tf.reduce_max(x @ w, axis=1)",
    ),
)


def rewrites(difference: Difference) -> bool:
    """Return whether what is taken out of TensorFlow, or made a constant, stays what it is."""
    return difference.what == "without" and difference.old in MAKE_CONSTANTS


def find(evidence: Evidence) -> list[Finding]:
    """Return where the variables are cut off that have a gradient in the reference alone, or on neither side.

    Copies are not reported for themselves: one may well be meant, as a target is.
    """
    recording = evidence.candidate
    found: dict[Op | None, list[str]] = {}
    for path in sorted(evidence.missing):
        found.setdefault(_end(path, evidence), []).append(path)
    ends = [
        _ends_here(op, paths, recording)
        for op, paths in found.items()
        if op is None or op.type != "StopGradient"
    ]
    return ends + parts(evidence, "disconnected")


def _end(path: str, evidence: Evidence) -> Op | None:
    """Return the op at which the gradient for a variable ends: as a replay tells, or else by the dtypes."""
    closing = evidence.ends.get(path)
    if closing is not None and closing.how == "none":
        return closing.op
    return cut(path, evidence.candidate)


def _ends_here(op: Op | None, paths: list[str], recording: Recording) -> Finding:
    names = ", ".join(f"`{path}`" for path in paths)
    if op is None:
        return Finding(
            cause="disconnected",
            message=f"the candidate never reads {names}",
            span=None,
            severity="error",
            notes=("is it called on a different copy of the model?",),
        )
    taken_out = _taken_out(op, recording)
    return Finding(
        cause="disconnected",
        message=f"the gradient of {names} ends here: what follows does not depend on it",
        span=taken_out or op.span,
        shapes=tuple(recording.shapes(op.outputs)),
        severity="error",
        notes=(_why_it_ends(op, recording, read=taken_out is not None),),
    )


def _why_it_ends(op: Op, recording: Recording, *, read: bool) -> str:
    """Return why no gradient passes; what was taken out of TensorFlow is `read`, if by no op."""
    if op.index in recording.contributing:
        return f"{named(op)} has no gradient: nothing before it can learn through it"
    if _is_assigned(op, recording):
        return "it is assigned to a variable, as a metric does: a variable keeps the value and drops its gradient"
    consumed = any(map(recording.consumers.get, op.outputs))
    if not read and not consumed and not list(_readers_of_copies(op, recording)):
        return "nothing reads what it gives: is something else returned, or read under its name?"
    return "`.numpy()`, `float()` and NumPy functions copy a value and drop its gradient: keep the tensor"


def _taken_out(op: Op, recording: Recording) -> Span | None:
    """Return the expression by which the numbers that an expression gives become constants, if it is seen."""
    return conversion_between((op.site, *op.callers), next(_readers_of_copies(op, recording), None))


def _readers_of_copies(op: Op, recording: Recording) -> Iterator[Site | None]:
    """Yield where constants are read whose numbers are among those that an expression gives."""
    made = [np.ravel(recording.array(n)) for one in recording.at_site[op.site] for n in one.outputs]
    numbers = np.concatenate([one for one in made if one.dtype.kind == "f"] or [np.zeros(0)])
    for reader in recording.ops:
        if reader.index in recording.contributing and any(
            _copy(number, recording)
            and _is_telling(recording.array(number))
            and np.isin(recording.array(number), numbers).all()
            for number in reader.inputs
        ):
            yield reader.site


def _is_assigned(op: Op, recording: Recording) -> bool:
    readers = (reader for number in op.outputs for reader in recording.consumers.get(number, ()))
    return any(reader.type.startswith("Assign") for reader in readers)


CLAIMS = 1


def claims(located: Located) -> bool:
    """Return whether no gradient passes on there, as it does in the reference, and no stop is why."""
    candidate, op = located.candidate, located.op
    if not located.passes[1]:
        return False
    while op.type == "Cast" and not candidate.tensors[op.inputs[0]].floating:
        maker = candidate.producer(op.inputs[0])
        if maker is None:
            return False
        op = maker
    if op.type in ("StopGradient", "Cast") and not (located.same_numbers or located.lost):
        return False
    cuts = any(candidate.tensors[number].floating for number in op.inputs) and not any(
        candidate.tensors[number].floating for number in op.outputs
    )
    gone = located.same_numbers and not located.passes[0] and op.type != "StopGradient"
    return cuts or gone or bool(located.lost)


def propose(evidence: Evidence) -> list[Proposal]:
    """Return every constant that equals what an earlier op gave, taken from that op instead.

    A copy that is read in several places is taken from there in all of them, and in each alone.
    """
    recording = evidence.candidate
    sources = _sources(recording)
    found = []
    for uses in _copies(recording).values():
        for source, ops in sources.items():
            made = None if ops[0].index >= uses[0].index else _reduction(uses[0].value, ops, recording)
            if made is not None:
                edits = tuple(dict.fromkeys(use.taken(At(source, None, *made)) for use in uses))
                found += [
                    _taken(one, ops[0], recording, uses[0].place.site)
                    for one in (edits, *((edit,) for edit in edits))
                ]
    return list({proposal.edits: proposal for proposal in found}.values())


@dataclass(frozen=True)
class _Use:
    """A constant that input number `input` of the op at `place` reads, when `index` ops had run."""

    place: Place
    input: int
    index: int
    value: Array

    def taken(self, source: At) -> Edit:
        """Return it replaced by what it was copied from."""
        return Edit(self.place, source if self.place == LOSS else Own(((self.input, source),)), _KEEP)


_KEEP = "keep the tensor, so that the gradient can pass"


def _copies(recording: Recording) -> dict[object, list[_Use]]:
    """Return where floating constants are read that may be copies: by their value, in order."""
    found: dict[object, list[_Use]] = {}
    reads = [
        _Use(place_of(op), number, op.index, recording.array(tensor))
        for op in recording.ops
        if op.index in recording.contributing
        for number, tensor in enumerate(op.inputs)
        if _copy(tensor, recording)
    ]
    if recording.producer(recording.loss) is None:
        reads.append(_Use(LOSS, 0, len(recording.ops), recording.array(recording.loss)))
    for use in reads:
        found.setdefault((use.value.shape, use.value.tobytes()), []).append(use)
    return found


def _copy(tensor: int, recording: Recording) -> bool:
    return is_constant(tensor, recording) and recording.tensors[tensor].floating


def _sources(recording: Recording) -> dict[Place, list[Op]]:
    """Return the ops that depend on a variable, by place."""
    places: dict[Place, list[Op]] = {}
    for op in recording.ops:
        if any(output in recording.trainable for output in op.outputs):
            places.setdefault(place_of(op), []).append(op)
    return places


def _taken(edits: tuple[Edit, ...], source: Op, recording: Recording, reader: Site | None) -> Proposal:
    finding = Finding(
        cause="disconnected",
        message="the graph is cut: the value computed here reaches the loss as a constant",
        span=conversion_between((source.site, *source.callers), reader) or source.span,
        shapes=(recording.tensors[source.outputs[0]].shape,),
        notes=(
            "`.numpy()`, `float()`, NumPy functions and tf.constant copy the value and drop its "
            "gradient: keep the tensor",
        ),
    )
    return Proposal(finding=finding, edits=edits)


def _is_telling(value: Array) -> bool:
    """Return whether what equals `value` is likely where it came from; 0, 1 and 2 come from anywhere."""
    return value.size > 1 or not float(value.item()).is_integer()


def _reduction(value: Array, ops: list[Op], recording: Recording) -> tuple[Which, int | None] | None:
    """Return how `value` was made from the outputs at one place, if it was: the reduction and its axis."""
    if len({recording.tensors[op.outputs[0]].shape for op in ops}) > 1:
        return None
    outputs = [recording.array(op.outputs[0]) for op in ops]
    if _is_telling(value) and any(np.array_equal(value, output) for output in outputs):
        return "same", None
    together = np.stack(outputs) if len(ops) > 1 else outputs[0]
    for axis in range(value.ndim if len(ops) > 1 and value.ndim == together.ndim else 0):
        if np.array_equal(value, np.moveaxis(together, 0, axis)):
            return "stack", axis
    if together.size <= value.size:  # also where there is nothing to take a mean of
        return None
    axes = [None, *range(together.ndim)]
    names: tuple[Which, Which] = ("mean", "sum")
    for name, axis in itertools.product(names, axes):
        made = getattr(together.astype(np.float64), str(name))(axis=axis)
        if made.shape == value.shape and np.allclose(value, made, rtol=1e-5, atol=0):
            return name, axis
    return None
