"""A gradient passes where it should be stopped, or is stopped where it should pass.

A target is a fixed number to move towards. If the gradient also passes through it, prediction and target move
towards each other. If the gradient passes through the advantage of a policy gradient, the critic is trained to
make the advantage large. A superfluous stop, often copied along with a target, cuts off what should be learned,
and a stop on the wrong side of a divergence makes the wrong side learn. Values do not depend on
`tf.stop_gradient`, so the loss is the same to the last digit and nothing raises an error. Stop the gradient of
a quantity where it is named (`target = tf.stop_gradient(...)`), and look for variables whose gradient is None.
"""

from __future__ import annotations

from gradcheck.causes._evidence import Evidence
from gradcheck.causes._example import Example
from gradcheck.causes._located import Located
from gradcheck.findings import Finding
from gradcheck.program.places import place_of
from gradcheck.program.queries import cut, stops_before
from gradcheck.program.recording import Op, Recording
from gradcheck.repair.changes import Change, Said
from gradcheck.repair.language import OWN, Input, stopped
from gradcheck.source import named_at
from gradcheck.source.differences import Difference

EXAMPLES = (
    Example(
        title="Temporal differences: the value of the next state is a target",
        setup="""
            batch = {
                "states": draw.normal(size=(8, 3)).astype("float32"),
                "next_states": draw.normal(size=(8, 3)).astype("float32"),
                "rewards": draw.normal(size=(8, 1)).astype("float32"),
            }
            w = tf.Variable(draw.normal(size=(3, 1)).astype("float32"), name="w")
            variables = [w]
        """,
        right="""
            def right(states, next_states, rewards):
                target = tf.stop_gradient(rewards + 0.9 * tf.tanh(next_states @ w))
                return tf.reduce_mean(tf.square(tf.tanh(states @ w) - target))
        """,
        wrong="""
            def wrong(states, next_states, rewards):
                target = rewards + 0.9 * tf.tanh(next_states @ w)  # <--
                return tf.reduce_mean(tf.square(tf.tanh(states @ w) - target))
        """,
        says="the gradient passes here; the reference agrees once it is stopped",
        fix="tf.stop_gradient(rewards + 0.9 * tf.tanh(next_states @ w))",
    ),
    Example(
        title="Actor and critic in one loss: only the actor's part must not train the critic",
        setup="""
            batch = {
                "states": draw.normal(size=(8, 3)).astype("float32"),
                "returns": draw.normal(size=(8, 1)).astype("float32"),
            }
            weights = draw.normal(size=(2, 3, 1)).astype("float32")
            actor = tf.Variable(weights[0], name="actor")
            critic = tf.Variable(weights[1], name="critic")
            variables = [actor, critic]
        """,
        right="""
            def right(states, returns):
                values = states @ critic
                advantages = tf.stop_gradient(returns - values)
                log_probs = tf.math.log_sigmoid(states @ actor)
                losses = tf.square(returns - values) - advantages * log_probs
                return tf.reduce_mean(losses)
        """,
        wrong="""
            def wrong(states, returns):
                values = tf.stop_gradient(states @ critic)  # <--
                advantages = tf.stop_gradient(returns - values)
                log_probs = tf.math.log_sigmoid(states @ actor)
                losses = tf.square(returns - values) - advantages * log_probs
                return tf.reduce_mean(losses)
        """,
        says="the gradient is stopped here; the reference agrees once it passes",
        fix="states @ critic",
    ),
)


def find(evidence: Evidence) -> list[Finding]:
    """Return the stops that leave a variable without any gradient, where the reference has one."""
    found: dict[Op, list[str]] = {}
    for path in sorted(evidence.missing):
        op = cut(path, evidence.candidate)
        if op is not None and op.type == "StopGradient":
            found.setdefault(op, []).append(path)
    return [_cuts_off(op, paths) for op, paths in found.items()]


def _cuts_off(op: Op, paths: list[str]) -> Finding:
    names = ", ".join(f"`{path}`" for path in paths)
    return Finding(
        cause="stop_gradient",
        message=f"this stop leaves {names} without any gradient",
        span=op.span,
        severity="error",
        notes=("the reference has one",),
    )


CLAIMS = 1


def claims(located: Located) -> bool:
    """Return whether the numbers are right, and a gradient passes that should not, or one is stopped."""
    if not located.same_numbers or located.reads_taken:
        return False
    own, others = (
        stops_before(op, recording)
        for op, recording in ((located.op, located.candidate), (located.other, located.reference))
    )
    return own or others or located.passes == (True, False)


def rewrites(difference: Difference) -> bool:
    """Return whether a stop is put around what stands there, or taken away."""
    return "stop_gradient" in (difference.old, difference.new)


def explains(change: Change) -> Said | None:
    """Return what to say of a stop taken away, and of one put around an expression or an operand."""
    if change.op.type == "StopGradient" and change.left_in == 0:
        return Said(message="the gradient is stopped here; the reference agrees once it passes")
    if not (change.trained and change.is_result):
        return None
    number, one = change.operand or (None, None)
    whole = change.expression == stopped(OWN)
    if not whole and (number is None or one != stopped(Input(number))):
        return None
    tie_break = _far_from_a_name(change.op, change.recording)
    last = len(change.recording.ops) - change.op.index
    return Said(
        message="the gradient passes here; the reference agrees once it is stopped",
        rank=1,
        tie_break=tie_break if whole else max(tie_break, last),  # a name is given to the whole
    )


def _far_from_a_name(op: Op, recording: Recording) -> int:
    """Return what is small for a quantity that has a name, and of these for one near to the loss.

    Stopping earlier or later on the way often does the same. People stop the quantity that they gave a name, such
    as the target or the advantage, and of these the one nearest to the loss; not one that a loop makes piece by
    piece.
    """
    once = sum(place_of(op).holds(other) for other in recording.at_site[op.site]) == 1
    named = named_at(op.site) if once and op.site is not None else None
    return len(recording.ops) * {"whole": 0, "part": 1, None: 2}[named] - op.index
