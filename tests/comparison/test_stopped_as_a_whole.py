"""A stop of a gradient is written around the last complete value that it may stand around."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import gradcheck

Q = tf.Variable(np.random.default_rng(0).normal(size=(3, 1)).astype("float32"), name="q")
V = tf.Variable(np.random.default_rng(1).normal(size=(3, 1)).astype("float32"), name="v")


def fix_of(candidate, reference):
    x = np.random.default_rng(2).normal(size=(7, 3)).astype("float32")
    case = gradcheck.Case(reference=reference, candidate=candidate, batch={"x": x}, variables=[Q, V])
    (finding,) = gradcheck.diff(case, work=10_000).findings
    assert finding.verified and finding.cause == "stop_gradient"
    return finding.span.text, finding.fix.text


def weighted(x):
    weights = [tf.stop_gradient(tf.exp(tf.tanh(one @ Q - one @ V))) for one in x[:, None]]
    values = [one @ V for one in x[:, None]]
    return sum(tf.reduce_sum(w * v**2) for w, v in zip(weights, values, strict=True)) / len(x)


def as_one_value(x):
    weights = tf.exp(tf.tanh(x @ Q - x @ V))
    return tf.reduce_mean(weights * tf.square(x @ V))


def from_one_value_to_another(x):
    advantages = x @ Q - x @ V
    squashed = tf.tanh(advantages)
    weights = tf.exp(squashed)
    return tf.reduce_mean(weights * tf.square(x @ V))


def read_again_where_a_gradient_is_needed(x):
    advantages = x @ Q - x @ V
    weights = tf.exp(tf.tanh(advantages))
    loss = weights * tf.square(x @ V)
    return tf.reduce_mean(loss)


@pytest.mark.parametrize(
    ("candidate", "value"),
    [
        (as_one_value, "tf.exp(tf.tanh(x @ Q - x @ V))"),
        (from_one_value_to_another, "tf.exp(squashed)"),
        (read_again_where_a_gradient_is_needed, "tf.exp(tf.tanh(advantages))"),
    ],
)
def test_the_last_value_through_which_no_gradient_is_to_flow_is_stopped(candidate, value):
    assert fix_of(candidate, weighted) == (value, f"tf.stop_gradient({value})")


def test_not_a_value_through_which_some_is_to_flow():
    def partly(x):
        error = tf.tanh(x @ Q) - x @ V
        return tf.reduce_mean(tf.square(error))

    def meant(x):
        return tf.reduce_mean(tf.square(tf.stop_gradient(tf.tanh(x @ Q)) - x @ V))

    _, fix = fix_of(partly, meant)
    assert fix.removesuffix(" - x @ V") == "tf.stop_gradient(tf.tanh(x @ Q))"
