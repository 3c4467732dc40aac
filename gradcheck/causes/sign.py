"""A sign is missing or superfluous, a minimum replaces a maximum, or a comparison is the wrong way round.

Optimisers minimise and papers often maximise, so signs change in the translation: `min(a, b)` becomes
`max(-a, -b)`, an entropy bonus is subtracted, and the order of the difference in an advantage matters. Nothing
raises an error. If the whole loss has the wrong sign, training visibly diverges. If only one term does, such as
the entropy, it quietly achieves the opposite of its purpose. Write the loss as one sum of named terms, and give
each term its sign in that sum and nowhere else.
"""

from __future__ import annotations

from gradcheck.causes._evidence import Evidence
from gradcheck.causes._example import Example
from gradcheck.causes._located import Located
from gradcheck.causes._naming import named, run_by
from gradcheck.findings import Finding
from gradcheck.program.ops import BOUNDS, EVEN, HAVE_OPPOSITE, OPS, UNARY
from gradcheck.program.queries import is_constant, trained
from gradcheck.program.recording import Op, Recording
from gradcheck.repair.language import OWN, Input, Own, call, with_input
from gradcheck.repair.proposal import Proposal, Proposer, once_per_place

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
                return tf.reduce_mean(tf.maximum(-ratio * advantages, -clipped * advantages))
        """,
        wrong="""
            def wrong(states, advantages):
                ratio = tf.exp(tf.linalg.matvec(states, w))
                clipped = tf.clip_by_value(ratio, 0.8, 1.2)
                return tf.reduce_mean(tf.minimum(-ratio * advantages, -clipped * advantages))  # <--
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
                log_probs = tf.nn.log_softmax(states @ w)
                loss = -tf.reduce_mean(tf.gather(log_probs, actions, batch_dims=1))
                entropy = -tf.reduce_mean(tf.reduce_sum(tf.exp(log_probs) * log_probs, axis=1))
                return loss - 0.1 * entropy
        """,
        wrong="""
            def wrong(states, actions):
                log_probs = tf.nn.log_softmax(states @ w)
                loss = -tf.reduce_mean(tf.gather(log_probs, actions, batch_dims=1))
                entropy = -tf.reduce_mean(tf.reduce_sum(tf.exp(log_probs) * log_probs, axis=1))
                return loss + 0.1 * entropy  # <--
        """,
        says="`+` is used; the reference agrees with `-`",
        fix="loss - 0.1 * entropy",
    ),
)


def find(evidence: Evidence) -> list[Finding]:
    """Return nothing: no sign is wrong in itself."""
    return []


CLAIMS = 3


def claims(located: Located) -> bool:
    """Return whether the numbers are right but for the sign, or an op stands for its opposite."""
    kind, other = located.types
    opposite = kind in HAVE_OPPOSITE and OPS[kind].opposite == other
    return opposite or (located.factor < 0 and located.negated)


def propose(evidence: Evidence) -> list[Proposal]:
    """Return the opposite of every op that has one, and every argument and result negated."""
    recording = evidence.candidate
    ops = once_per_place(op for op in recording.ops if op.index in recording.contributing)
    opposites = [_opposite(op, recording) for op in ops if _has_opposite(op, recording)]
    results = set(recording.results)
    negations = [
        proposal
        for op in once_per_place(trained(recording))
        for proposal in _negations(op, op in results, recording)
    ]
    return opposites + negations


def _has_opposite(op: Op, recording: Recording) -> bool:
    """Return whether `op` has an opposite; a bound, a minimum or maximum with a constant, has none."""
    bound = op.type in BOUNDS and any(is_constant(tensor, recording) for tensor in op.inputs)
    return not bound and op.type in HAVE_OPPOSITE


def _opposite(op: Op, recording: Recording) -> Proposal:
    own = OPS[op.type]
    opposite = OPS[own.opposite]
    old, new = own.operator or own.functions[0], opposite.operator or opposite.functions[0]
    message = f"`{old}`{run_by(op)} is used; the reference agrees with `{new}`"
    return Proposer("sign", recording)(op, Own(kind=opposite.name), message)


def _negations(op: Op, is_result: bool, recording: Recording) -> list[Proposal]:
    proposer = Proposer("sign", recording)
    if op.type == "Neg":
        return [proposer(op, Input(0), "a minus sign too many")]
    found = []
    if op.type in UNARY - EVEN:
        message = f"the argument of {named(op)} has the wrong sign"
        turned = with_input(0, lambda argument: call("negative", argument))
        found.append(proposer(op, turned, message, rank=2))
    if is_result:
        found.append(proposer(op, call("negative", OWN), "this has the wrong sign", rank=2))
    return found
