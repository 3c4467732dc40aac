"""What a term adds to a loss is what it is multiplied by on the way, as a gradient through sums says it."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

import gradcheck
from gradcheck.execution.replay.points import points_of
from gradcheck.execution.run.pair import run_pair
from gradcheck.explanation.groups import Groups
from gradcheck.explanation.terms import Sum, apart

w = tf.Variable([[0.5], [-0.25], [1.0]], name="w")


def sums(reference, candidate, n=6):
    gradcheck.execution.start()
    draw = np.random.default_rng(3)
    batch = {"x": draw.normal(size=(n, 3)).astype("float32"), "y": draw.normal(size=n).astype("float32")}
    case = gradcheck.Case(reference=reference, candidate=candidate, batch=batch, variables=[w])
    return [Sum(Groups(run.recording, *points_of(run).arrays())) for run in run_pair(case, 0).runs]


def of_one(loss):
    return sums(loss, loss)[0]


def arranged(x, y):
    """Every way in which a sum passes a share on, to squares that are linear in nothing."""
    one = tf.square(x @ w)
    rows = tf.stack([one, -2.0 * one], axis=1)
    joined = tf.concat([tf.reshape(rows, [-1, 1]), tf.expand_dims(one[:, 0] / y, 1)], axis=0)
    taken = tf.gather_nd(tf.transpose(joined), [[0, 0], [0, 2], [0, 2], *([0, k] for k in range(3, 12))])
    weighed = tf.gather(
        tf.cast(tf.identity(taken[:, None]), tf.float64) * 0.5, [0, 3, 3, *range(1, 12)], axis=-2
    )
    total = tf.add_n([tf.reduce_sum(weighed, axis=0), tf.reduce_mean(weighed, axis=0)])
    return tf.squeeze(total) - tf.reduce_sum(tf.cast(one * y[:, None] + y, tf.float64))


def test_the_terms_of_a_loss_add_up_to_it_through_every_arrangement():
    whole = of_one(arranged)
    leaves = [term for term in whole.terms.values() if term.group.op.type == "Square"]
    moving = sum(term.reading.slope for term in leaves)
    assert leaves
    assert np.isclose(moving, whole.terms[whole.loss.key].reading.slope, rtol=1e-6)


def test_a_share_is_not_that_of_another_coefficient():
    whole = of_one(lambda x, y: arranged(x, y) + 0.25 * tf.reduce_sum(tf.cast(tf.square(x @ w), tf.float64)))
    squares = [term for term in whole.terms.values() if term.group.op.type == "Square"]
    one = [term.reading.slope for term in of_one(arranged).terms.values() if term.group.op.type == "Square"]
    assert not np.isclose(sum(term.reading.slope for term in squares), sum(one), rtol=1e-3)


def looped(x, y):
    total = 0.0
    for i in range(len(y)):
        value = tf.reduce_sum(x[i] * w[:, 0])
        total += tf.square(value) + y[i] * tf.exp(value) - 0.5 * tf.tanh(value)
    return total / len(y)


def test_terms_that_agree_are_told_from_the_one_that_differs():
    def at_once(x, y):
        value = (x @ w)[:, 0]
        return (
            tf.reduce_mean(tf.square(value))
            + tf.reduce_mean(tf.exp(value))
            - 0.5 * tf.reduce_mean(tf.tanh(value))
        )

    reference, candidate = sums(looped, at_once)
    found = apart(candidate, reference)
    assert [term.group.op.type for term in found.candidate] == ["Exp"]
    assert [term.group.op.type for term in found.reference] == ["Exp"]
    assert len(found.agreed) == 2


def test_what_one_side_has_as_one_term_and_the_other_as_two_agrees():
    def in_one(x, y):
        return tf.reduce_mean(tf.math.log_softmax(x * w[:, 0])[:, 0]) + tf.reduce_mean(tf.tanh(x @ w))

    def in_two(x, y):
        logits = tf.identity(x * w[:, 0])
        sums = tf.reduce_logsumexp(logits, axis=1)
        return tf.reduce_mean(logits[:, 0]) - tf.reduce_mean(sums) + tf.reduce_mean(tf.sin(x @ w))

    reference, candidate = sums(in_one, in_two)
    found = apart(candidate, reference)
    assert [term.group.op.type for term in found.candidate] == ["Sin"]
    assert [term.group.op.type for term in found.reference] == ["Tanh"]
