"""Losses of distributions of TensorFlow Probability, where that is installed: it needs tf_keras beside Keras 3."""

import numpy as np
import pytest
import tensorflow as tf

import gradcheck

pytest.importorskip("tf_keras", reason="pip install tensorflow-probability tf-keras")
tfd = pytest.importorskip("tensorflow_probability", reason="pip install tensorflow-probability").distributions

W = tf.Variable([[0.5, 0.1], [-0.25, 0.2], [1.0, -0.3]], name="w")
LOG_STD = tf.Variable([-0.5, 0.3], name="log_std")


def loop(x, actions, advantages):
    total = 0.0
    for i in range(len(x)):
        policy = tfd.MultivariateNormalDiag((x[i : i + 1] @ W)[0], tf.exp(LOG_STD))
        total -= policy.log_prob(actions[i]) * advantages[i]
    return total / len(x)


def as_one_event(x, actions, advantages):
    policy = tfd.Independent(tfd.Normal(x @ W, tf.exp(LOG_STD)), 1)
    return -tf.reduce_mean(policy.log_prob(actions) * advantages)


def as_two_events(x, actions, advantages):
    policy = tfd.Normal(x @ W, tf.exp(LOG_STD))
    return -tf.reduce_mean(policy.log_prob(actions) * advantages[:, None])


def report(candidate):
    draw = np.random.default_rng(0)
    sizes = {"x": (8, 3), "actions": (8, 2), "advantages": 8}
    batch = {name: draw.normal(size=size).astype("float32") for name, size in sizes.items()}
    return gradcheck.diff(
        gradcheck.Case(reference=loop, candidate=candidate, batch=batch, variables=[W, LOG_STD])
    )


def test_a_distribution_of_the_whole_batch_is_equivalent():
    assert report(as_one_event).verdict == "equivalent"


def test_two_events_in_place_of_one_are_found():
    found = report(as_two_events)
    assert found.verdict == "different"
    assert found.findings[0].fix.text.startswith(
        "tf.reduce_sum(policy.log_prob(actions), axis=1, keepdims=True)"
    )
