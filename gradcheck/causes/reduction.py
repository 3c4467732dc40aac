"""A mean instead of a sum, or a mean over the wrong count: part of the loss has a wrong weight.

If eight replicas each average their own samples and the results are added, the gradient is eight times too
large. Averaging the means of sequences, groups or micro-batches of unequal length gives the tokens of short
ones too much weight. Padding that is masked but still counted makes the loss too small. `tf.math.reduce_std`
divides by n, but the sample standard deviation divides by n - 1. Each result is a scalar of plausible size,
so nothing raises an error. A factor on the whole loss acts like another learning rate (Adam hides it; weight
decay and clipping do not). A factor on one term, such as a regulariser, changes what is learned. Divide once,
by the count of the whole batch.
"""

from __future__ import annotations

import ast
import re
from dataclasses import replace

from gradcheck.causes._counting import counted_otherwise
from gradcheck.causes._evidence import Evidence, factor_can_be_told
from gradcheck.causes._example import Example
from gradcheck.causes._located import Located
from gradcheck.causes._naming import named, run_by
from gradcheck.findings import CauseName, Finding
from gradcheck.program.ops import BY_PLACE, DIVISIONS, ELEMENTWISE, OPS, REARRANGE
from gradcheck.program.places import place_of
from gradcheck.program.queries import trained
from gradcheck.program.recording import Op, Recording
from gradcheck.repair.changes import Change, Said
from gradcheck.repair.factors import SAME, Term
from gradcheck.repair.language import OWN, At, Call, Own, times
from gradcheck.repair.proposal import Proposal, Proposer, once_per_place
from gradcheck.source.differences import Difference
from gradcheck.source.syntax import expression_in

_OTHER = {name: op.sum_or_mean for name, op in OPS.items() if op.sum_or_mean}


EXAMPLES = (
    Example(
        title="A batch split into shards: each shard contributes its part of the mean over all samples",
        setup="""
            batch = {
                "x": draw.normal(size=(12, 3)).astype("float32"),
                "y": draw.normal(size=(12, 1)).astype("float32"),
            }
            w = tf.Variable(draw.normal(size=(3, 1)).astype("float32"), name="w")
            variables = [w]
        """,
        right="""
            def right(x, y):
                return tf.reduce_mean(tf.square(x @ w - y))
        """,
        wrong="""
            def wrong(x, y):
                shards = zip(tf.split(x, 4), tf.split(y, 4))
                errors = [tf.square(a @ w - b) for a, b in shards]
                return tf.add_n([tf.reduce_mean(error) for error in errors])  # <--
        """,
        says=(
            "the candidate computes `tf.add_n([tf.reduce_mean(error) for error in errors])`; the reference agrees "
            "with `tf.add_n([tf.reduce_mean(error) for error in errors]) / 4`"
        ),
        fix="tf.add_n([tf.reduce_mean(error) for error in errors]) / 4",
    ),
    Example(
        title="An autoencoder: the squared error is summed over the features, like the other term",
        setup="""
            batch = {"x": draw.normal(size=(8, 3)).astype("float32")}
            w = tf.Variable(draw.normal(size=(3, 3)).astype("float32"), name="w")
            variables = [w]
        """,
        right="""
            def right(x):
                error = tf.reduce_sum(tf.square(x @ w - x), axis=1)
                penalty = tf.reduce_sum(tf.abs(x @ w), axis=1)
                return tf.reduce_mean(error + 0.1 * penalty)
        """,
        wrong="""
            def wrong(x):
                error = tf.reduce_mean(tf.square(x @ w - x), axis=1)  # <--
                penalty = tf.reduce_sum(tf.abs(x @ w), axis=1)
                return tf.reduce_mean(error + 0.1 * penalty)
        """,
        says="reduce_mean of (8, 3) is used; the reference agrees with reduce_sum",
        fix="tf.reduce_sum(tf.square(x @ w - x), axis=1)",
    ),
    Example(
        title="Sequences of unequal length: padding is masked and must not be counted",
        setup="""
            lengths = draw.integers(1, 6, size=(8, 1))
            batch = {
                "x": draw.normal(size=(8, 5, 3)).astype("float32"),
                "mask": (np.arange(5) < lengths).astype("float32"),
            }
            w = tf.Variable(draw.normal(size=(3,)).astype("float32"), name="w")
            variables = [w]
        """,
        right="""
            def right(x, mask):
                errors = tf.square(tf.tensordot(x, w, axes=1) - 1.0)
                lengths = tf.reduce_sum(mask, axis=1)
                per_sequence = tf.reduce_sum(errors * mask, axis=1) / lengths
                return tf.reduce_mean(per_sequence)
        """,
        wrong="""
            def wrong(x, mask):
                errors = tf.square(tf.tensordot(x, w, axes=1) - 1.0)
                per_sequence = tf.reduce_mean(errors * mask, axis=1)  # <--
                return tf.reduce_mean(per_sequence)
        """,
        says="elements that a mask sets to zero are counted; the reference divides by the count of the others",
        fix="tf.reduce_sum(errors * mask, axis=1) / tf.reduce_sum(mask, axis=1)",
    ),
)


CLAIMS = 4


def claims(located: Located) -> bool:
    """Return whether the numbers are right up to a positive factor, or a sum stands for a mean, or for nothing."""
    if located.same_numbers or located.factor < 0:
        return False
    if abs(abs(located.factor) - 1) > SAME or _is_left_out(located):
        return True
    kind, other = located.types
    if located.sums_known and kind != other and other not in BY_PLACE:
        return True
    means = {*_OTHER, *DIVISIONS, "UnsortedSegmentMean"}
    return kind != other and {kind, other} <= means and not {kind, other} <= DIVISIONS


def claims_else(located: Located) -> bool:
    """Return whether weights, a count or a mask are missing or spare, or what both run is added too often."""
    once = located.sizes[0] == 1 < located.sizes[1] and located.op.type in ELEMENTWISE
    often = located.shared and abs(abs(located.factor) - 1) > SAME
    plainly = located.sizes[0] > 1 or located.op.type in DIVISIONS  # of one number, any factor may be meant
    weighed = located.weighed and plainly and not located.same_numbers and abs(located.factor) == 1
    return once or often or weighed


def rewrites(difference: Difference) -> bool:
    """Return whether a sum takes the place of a mean, or is put around what stands there, or divides it.

    Or whether elements are left out of one, or one over other elements is a ratio of sums.
    """
    words = {difference.old, difference.new}
    divided = "Div" in words and _COUNTS.search(difference.beside) is not None
    told = difference.what == "argument" and "reduction" in words  # of a loss of Keras's
    of_others = difference.what != "other" and bool(words & {*_SUMS_AND_MEANS, "boolean_mask"})
    means = ["mean(" in text for text in (difference.old, difference.new)]
    of_a_ratio = means[0] != means[1] and "sum(" in difference.old + difference.new
    return divided or told or of_others or of_a_ratio or _is_of_ratios(difference)


def _is_of_ratios(difference: Difference) -> bool:
    """Return whether a sum or a mean of ratios is written for a ratio."""
    match [expression_in(text) for text in (difference.old, difference.new)]:
        case [
            ast.BinOp(op=ast.Div()),
            ast.Call(func=ast.Attribute(attr=name), args=[ast.BinOp(op=ast.Div())]),
        ]:
            return difference.what == "other" and name in _SUMS_AND_MEANS
    return False


_COUNTS = re.compile(r"\b(reduce_sum|sum|shape|size|len)\b")
"""What a sum or a count is written with, as whole words: `reshape` is none."""

_SUMS_AND_MEANS = {"reduce_sum", "reduce_mean", "sum", "mean"}


def _is_left_out(located: Located) -> bool:
    """Return whether the reference has sums or means where the candidate has more numbers, element by element."""
    op: Op | None = located.other
    while op is not None and op.type in REARRANGE:
        op = located.reference.producer(op.inputs[0])
    fewer = 1 < located.sizes[1] < located.sizes[0]
    return fewer and located.op.type in ELEMENTWISE and op is not None and op.type in _OTHER


def explains(change: Change) -> Said | None:
    """Return what to say of a sum for a mean, of a mean for a sum, and of one that is left out."""
    op = change.op
    if change.reduced is not None:
        name, axis = change.reduced
        shape = change.recording.tensors[op.outputs[0]].shape
        return Said(
            message=f"this has shape {shape}; the reference agrees with its {name} over axis {axis}", rank=2
        )
    match change.operand:
        case number, Call(name="reduce_sum" | "reduce_mean" as name, settings=(("axis", along), *_)):
            shape, name = change.recording.tensors[op.inputs[number]].shape, name.removeprefix("reduce_")
            said = f"the reference agrees with its {name} over axis {along}"
            return Said(message=f"{named(op)} reads all of {shape}; {said}", rank=2)
    if op.type in DIVISIONS and change.trained and change.left_in == 0:
        divisor = change.recording.tensors[op.inputs[1]].shape
        if op.inputs[1] not in change.recording.trainable and divisor:
            said = f"the reference agrees without this division, by an array of shape {divisor}"
            return Said(message=said, rank=2)
        return None
    if not change.kind or change.kind != _OTHER.get(op.type):
        return None
    name, new = (OPS[kind].functions[0] for kind in (op.type, change.kind))
    shape = change.recording.tensors[op.inputs[0]].shape
    return Said(message=f"{name}{run_by(op)} of {shape} is used; the reference agrees with {new}", rank=1)


def propose(evidence: Evidence) -> list[Proposal]:
    """Return one shared count for several, other counts, and every term with a factor."""
    recording = evidence.candidate
    ops = [op for op in recording.ops if op.index in recording.contributing]
    shared = [_shared(op, recording) for op in _divisions_by_counts_that_differ(ops, recording)]
    results = set(recording.results)
    terms = [
        op for op in once_per_place(trained(recording)) if op in results and factor_can_be_told(evidence)
    ]
    return shared + counted_otherwise(ops, recording) + [_factor(op, evidence) for op in terms]


def _divisions_by_counts_that_differ(ops: list[Op], recording: Recording) -> list[Op]:
    """Return divisions that run several times, by numbers that differ and that no variable moves."""
    divisions = [op for op in ops if op.type in DIVISIONS and op.inputs[1] not in recording.trainable]
    return [
        op
        for op in once_per_place(divisions)
        if len({recording.array(run.inputs[1]).tobytes() for run in divisions if run.site == op.site}) > 1
    ]


def _shared(op: Op, recording: Recording) -> Proposal:
    return Proposer("reduction", recording)(
        op,
        Own(((1, At(place_of(op), input=1, which="mean", axis=0)),)),
        "a mean of means: each part is divided by its own count, so small parts weigh too much",
        words="divide every part by the same count, the mean of the counts over the parts",
        in_source=False,
        notes=("divide every part by the same count: the total over all parts, or its mean over the parts",),
    )


def _factor(op: Op, evidence: Evidence) -> Proposal:
    """Return the term with its own factor, which the search must find."""
    recording = evidence.candidate
    proposal = Proposer("reduction", recording)(
        op,
        times(1.0, OWN, sought=True),
        "",
        rank=1,
        # A factor has the same effect anywhere along a term: report it at or next to the reduction.
        tie_break=1 if op.type in _OTHER else 3 + len(recording.ops) - op.index,
    )
    return replace(proposal, describe=lambda factor, term: _described(proposal.finding, op, factor, term))


def _described(finding: Finding, op: Op, factor: float, term: Term | None) -> Finding:
    """Return the finding on a missing factor, in words if it is known what the factor is."""
    if abs(factor + 1) < SAME:
        return replace(finding, cause="sign", message="this has the wrong sign")
    if abs(factor) < SAME:
        return replace(finding, cause="other", message="the reference agrees without this term")
    words = f": {term.quantity.words}" if term is not None and term.quantity.words else ""
    cause: CauseName = "other" if not words and op.type not in _OTHER else "reduction"
    times, sign = abs(factor), " and has the wrong sign" if factor < 0 else ""
    amount = f"{1 / times:.6g} times too large" if times < 1 else f"{times:.6g} times too small"
    return replace(finding, cause=cause, message=f"this is {amount}{sign}{words}")
