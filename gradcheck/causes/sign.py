"""A sign is missing or superfluous, a minimum replaces a maximum, or a comparison is the wrong way round.

Optimisers minimise and papers often maximise, so signs change in the translation: `min(a, b)` becomes
`max(-a, -b)`, an entropy bonus is subtracted, and the order of the difference in an advantage matters. Nothing
raises an error. If the whole loss has the wrong sign, training visibly diverges. If only one term does, such as
the entropy, it quietly achieves the opposite of its purpose. Write the loss as one sum of named terms, and give
each term its sign in that sum and nowhere else.
"""

from __future__ import annotations

from gradcheck.causes._example import Example
from gradcheck.causes._located import Located
from gradcheck.causes._naming import named, run_by
from gradcheck.program.ops import BOUNDS, EVEN, HAVE_OPPOSITE, OPS, UNARY
from gradcheck.program.queries import is_constant
from gradcheck.program.recording import Op, Recording
from gradcheck.repair.changes import Change, Said
from gradcheck.repair.language import OWN, Input, Own, call
from gradcheck.repair.usual import inner_bound, is_inner_bound
from gradcheck.source.differences import Difference

EXAMPLES = (
    Example(
        title="The clipped objective of PPO, negated: the minimum becomes a maximum",
        setup="""
            batch = {
                "states": draw.normal(size=(8, 3)).astype("float32"),
                "advantages": draw.normal(size=8).astype("float32"),
            }
            w = tf.Variable(draw.normal(size=(3,)).astype("float32"), name="w")
            variables = [w]
        """,
        right="""
            def right(states, advantages):
                ratio = tf.exp(tf.linalg.matvec(states, w))
                clipped = tf.clip_by_value(ratio, 0.8, 1.2)
                losses = tf.maximum(-ratio * advantages, -clipped * advantages)
                return tf.reduce_mean(losses)
        """,
        wrong="""
            def wrong(states, advantages):
                ratio = tf.exp(tf.linalg.matvec(states, w))
                clipped = tf.clip_by_value(ratio, 0.8, 1.2)
                losses = tf.minimum(-ratio * advantages, -clipped * advantages)  # <--
                return tf.reduce_mean(losses)
        """,
        says="`minimum` is used; the reference agrees with `maximum`",
        fix="tf.maximum(-ratio * advantages, -clipped * advantages)",
    ),
    Example(
        title="An entropy bonus: it is subtracted from the loss, so that entropy increases",
        setup="""
            batch = {
                "states": draw.normal(size=(8, 3)).astype("float32"),
                "actions": draw.integers(2, size=8),
            }
            w = tf.Variable(draw.normal(size=(3, 2)).astype("float32"), name="w")
            variables = [w]
        """,
        right="""
            def right(states, actions):
                scores = states @ w
                cross = tf.nn.sparse_softmax_cross_entropy_with_logits(actions, scores)
                loss, probs = tf.reduce_mean(cross), tf.nn.softmax(scores)
                spread = tf.nn.softmax_cross_entropy_with_logits(probs, scores)
                entropy = tf.reduce_mean(spread)
                return loss - 0.1 * entropy
        """,
        wrong="""
            def wrong(states, actions):
                scores = states @ w
                cross = tf.nn.sparse_softmax_cross_entropy_with_logits(actions, scores)
                loss, probs = tf.reduce_mean(cross), tf.nn.softmax(scores)
                spread = tf.nn.softmax_cross_entropy_with_logits(probs, scores)
                entropy = tf.reduce_mean(spread)
                return loss + 0.1 * entropy  # <--
        """,
        says="`+` is used; the reference agrees with `-`",
        fix="loss - 0.1 * entropy",
    ),
)


CLAIMS = 3


def claims(located: Located) -> bool:
    """Return whether the numbers are right but for the sign, or an op stands for its opposite."""
    kind, other = located.types
    opposite = kind in HAVE_OPPOSITE and OPS[kind].opposite == other
    return (opposite and located.replaced and not _is_of_a_clip(located.op, located.candidate)) or (
        located.factor < 0 and located.negated
    )


def rewrites(difference: Difference) -> bool:
    """Return whether a sign, the order of a difference, a comparison or a bound is the other way round."""
    pair = {difference.old, difference.new}
    turned = difference.what == "swapped" and difference.old == "Sub"
    return turned or not pair.isdisjoint({"USub", "negative"}) or any(pair == one for one in _OPPOSITES)


_OPPOSITES = (
    {"Add", "Sub"},
    {"Gt", "Lt"},
    {"GtE", "LtE"},
    {"Gt", "LtE"},
    {"GtE", "Lt"},
    *({one.functions[0], OPS[one.opposite].functions[0]} for one in OPS.values() if one.opposite),
)


def explains(change: Change) -> Said | None:
    """Return what to say of the opposite of an op that has one, and of an argument or a result negated."""
    op, turned = change.op, call("negative", OWN)
    if change.kind and change.kind == OPS[op.type].opposite and not _is_bound(op, change.recording):
        own, opposite = OPS[op.type], OPS[change.kind]
        old, new = own.operator or own.functions[0], opposite.operator or opposite.functions[0]
        return Said(message=f"`{old}`{run_by(op)} is used; the reference agrees with `{new}`")
    if op.type in _ORDERED and change.expression == _SWAPPED:
        return Said(message=f"the operands of {named(op)} are swapped", rank=2)
    if change.trained and op.type == "Neg" and change.left_in == 0:
        return Said(message="there is one minus sign too many")
    if change.trained and op.type in UNARY - EVEN and change.operand == (0, call("negative", Input(0))):
        return Said(message=f"the argument of {named(op)} has the wrong sign", rank=2)
    if change.trained and change.is_result and op.type != "Neg" and change.expression == turned:
        return Said(message="this has the wrong sign", rank=2)
    return None


_ORDERED = {"Sub", *(name for name, one in OPS.items() if one.kind == "comparison" and one.opposite)}
_SWAPPED = Own(((0, Input(1)), (1, Input(0))))


def _is_of_a_clip(op: Op, recording: Recording) -> bool:
    """Return whether an op is one of the two bounds that one expression puts on the same."""
    return inner_bound(op, recording) is not None or is_inner_bound(op, recording)


def _is_bound(op: Op, recording: Recording) -> bool:
    """Return whether an op is a minimum or maximum with a constant, which has no opposite."""
    return op.type in BOUNDS and any(is_constant(tensor, recording) for tensor in op.inputs)
