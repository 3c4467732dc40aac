"""Where two programs part is found whatever the mistake is, and repaired by the reference's own expression."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import gradcheck

N = 6


def batch(seed=0, n=N):
    draw = np.random.default_rng(seed)
    return {
        "x": draw.normal(size=(n, 4)).astype("float32"),
        "y": draw.normal(size=n).astype("float32"),
        "a": draw.integers(3, size=n),
    }


draw = np.random.default_rng(7)
w = tf.Variable(draw.normal(size=(4, 3)).astype("float32"), name="w")
v = tf.Variable(draw.normal(size=4).astype("float32"), name="v")
later = tf.Variable(v.numpy(), trainable=False, name="later")


def report_on(reference, candidate):
    @gradcheck.case
    def case(seed: int = 0):
        return gradcheck.Case(
            reference=reference, candidate=candidate, batch=batch(seed), variables=[w, v], name="case"
        )

    return gradcheck.diff(case)


def softly(x, y, a):
    total = 0.0
    for i in range(len(y)):
        total += tf.nn.softplus(tf.tensordot(x[i], v, 1)) * y[i] + 0.0 * tf.reduce_sum(w)
    return total / len(y)


def softly_at_once(x, y, a):
    return tf.reduce_mean(tf.nn.softplus(tf.linalg.matvec(x, v)) * y) + 0.0 * tf.reduce_sum(w)


def sharply_at_once(x, y, a):
    return tf.reduce_mean(tf.exp(tf.linalg.matvec(x, v)) * y) + 0.0 * tf.reduce_sum(w)


def conservative(x, y, a):
    total = 0.0
    for i in range(len(y)):
        row = tf.tanh(x[i : i + 1] @ w)[0]
        total += tf.reduce_logsumexp(row) - row[a[i]] + tf.square(row[a[i]] - y[i])
    return total / len(y)


def conservative_at_once(x, y, a):
    rows = tf.tanh(x @ w)
    taken = tf.gather(rows, a, batch_dims=1)
    penalty = tf.reduce_mean(tf.reduce_logsumexp(rows, axis=1)) - tf.reduce_mean(taken)
    return penalty + tf.reduce_mean(tf.square(taken - y))


def conservative_of_all(x, y, a):
    rows = tf.tanh(x @ w)
    taken = tf.gather(rows, a, batch_dims=1)
    penalty = tf.reduce_mean(tf.reduce_logsumexp(rows, axis=1)) - tf.reduce_mean(rows)
    return penalty + tf.reduce_mean(tf.square(taken - y))


def one_sided(x, y, a):
    total = 0.0
    for i in range(len(y)):
        error = tf.tensordot(x[i], v, 1) - y[i]
        total += tf.square(error) * tf.cast(tf.abs(error) > 1.0, tf.float32) + error
    return total / len(y)


def one_sided_at_once(x, y, a):
    error = tf.linalg.matvec(x, v) - y
    far = tf.cast(tf.abs(error) > 1.0, tf.float32)
    return tf.reduce_mean(tf.square(error) * far + error)


def one_sided_without_abs(x, y, a):
    error = tf.linalg.matvec(x, v) - y
    far = tf.cast(error > 1.0, tf.float32)
    return tf.reduce_mean(tf.square(error) * far + error)


def valued(x, weights):
    return tf.linalg.matvec(x, weights)


def towards_the_target(x, y, a):
    aim = y + 0.9 * valued(x + 1.0, later)
    return tf.reduce_mean(tf.square(valued(x, v) - aim))


def towards_the_target_again(x, y, a):
    aim = y + 0.9 * valued(x + 1.0, later)
    return tf.reduce_sum(tf.square(valued(x, v) - aim)) / tf.cast(tf.size(y), tf.float32)


def towards_itself(x, y, a):
    aim = y + 0.9 * valued(x + 1.0, v)
    return tf.reduce_mean(tf.square(valued(x, v) - aim))


def straight_through(x, y, a):
    soft = tf.sigmoid(tf.linalg.matvec(x, v))
    hard = soft + tf.stop_gradient(tf.round(soft) - soft)
    return tf.reduce_mean(tf.square(hard - y))


def straight_through_again(x, y, a):
    soft = tf.sigmoid(tf.linalg.matvec(x, v))
    hard = tf.stop_gradient(tf.round(soft)) + soft - tf.stop_gradient(soft)
    return tf.reduce_mean(tf.square(hard - y))


def rounded(x, y, a):
    soft = tf.sigmoid(tf.linalg.matvec(x, v))
    hard = tf.round(soft)
    return tf.reduce_mean(tf.square(hard - y)) + 0.0 * tf.reduce_sum(v)


def per_row(x, y, a):
    total = 0.0
    for i in range(len(y)):
        row = x[i : i + 1] @ w
        total += tf.square(row[0, a[i]] - tf.reduce_mean(row) - y[i])
    return total / len(y)


def per_row_at_once(x, y, a):
    rows = x @ w
    centred = rows - tf.reduce_mean(rows, axis=1, keepdims=True)
    return tf.reduce_mean(tf.square(tf.gather(centred, a, batch_dims=1) - y))


def over_all_rows(x, y, a):
    rows = x @ w
    centred = rows - tf.reduce_mean(rows, keepdims=True)
    return tf.reduce_mean(tf.square(tf.gather(centred, a, batch_dims=1) - y))


PARTINGS = {
    "another function": (
        *(softly, softly_at_once, sharply_at_once),
        *("other", "tf.exp(tf.linalg.matvec(x, v))", "tf.nn.softplus(tf.tensordot(x[i], v, 1))"),
    ),
    "a mean of all in place of those taken": (
        *(conservative, conservative_at_once, conservative_of_all),
        *("index", "tf.reduce_mean(rows)", "row[a[i]]"),
    ),
    "a mask of one side": (
        *(one_sided, one_sided_at_once, one_sided_without_abs),
        *("other", "tf.cast(error > 1.0, tf.float32)", "tf.cast(tf.abs(error) > 1.0, tf.float32)"),
    ),
    "the same helper with another variable": (
        *(towards_the_target, towards_the_target_again, towards_itself),
        *("stop_gradient", "valued(x + 1.0, v)", "valued(x + 1.0, later)"),
    ),
    "no gradient beside the same numbers": (
        *(straight_through, straight_through_again, rounded),
        *("disconnected", "tf.round(soft)", "soft + tf.stop_gradient(tf.round(soft) - soft)"),
    ),
    "a mean over all in place of each row": (
        *(per_row, per_row_at_once, over_all_rows),
        *("axis", "tf.reduce_mean(rows, keepdims=True)", "tf.reduce_mean(row)"),
    ),
}


@pytest.mark.parametrize("what", PARTINGS)
def test_the_expression_is_found_and_what_should_stand_there(what):
    reference, _, wrong, cause, text, other = PARTINGS[what]
    report = report_on(reference, wrong)
    first = report.findings[0]
    assert (first.cause, first.verified, first.span.text) == (cause, True, text), str(report)
    assert first.reference.text == other, str(report)
    assert first.proof.batches == 2
    assert first.fix is not None and first.fix.source, str(report)


@pytest.mark.parametrize("what", PARTINGS)
def test_nothing_is_found_where_the_same_is_written_rightly(what):
    reference, right, *_ = PARTINGS[what]
    report = report_on(reference, right)
    assert report.equivalent and not [one for one in report.findings if one.severity == "error"], str(report)


def test_a_fix_is_the_references_expression_with_the_names_of_the_candidate():
    report = report_on(conservative, conservative_of_all)
    assert report.findings[0].fix.text == "tf.reduce_mean(taken)"
    report = report_on(towards_the_target, towards_itself)
    assert report.findings[0].fix.text == "valued(x + 1.0, later)"


def test_where_no_place_before_the_loss_can_be_repaired_none_is_claimed():
    def another_loss(x, y, a):
        return tf.reduce_mean(tf.sin(tf.linalg.matvec(tf.square(x), v))) + tf.reduce_mean(tf.cos(x @ w))

    report = report_on(softly, another_loss)
    assert report.verdict == "different" and not any(one.verified for one in report.findings), str(report)
