"""What tf.test.compute_gradient says of the bandit, and of a derivative written by hand."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import bandit
import numpy as np
import tensorflow as tf


def log_probs(weights):
    return tf.math.log(tf.reduce_sum(bandit.chosen * tf.nn.softmax(bandit.states @ weights), axis=1))


def loop(weights):
    terms = zip(log_probs(weights), bandit.rewards, bandit.values[:, 0], strict=True)
    return -sum(log_prob * (reward - value) for log_prob, reward, value in terms) / bandit.n


def arrays(weights):
    advantages = bandit.rewards[:, None] - bandit.values
    return -tf.reduce_mean(advantages * log_probs(weights))  # (n, 1) times (n,)


@tf.custom_gradient
def softplus(x):
    return tf.math.log1p(tf.exp(x)), lambda upstream: upstream * tf.sigmoid(-x)  # it is sigmoid(x)


def largest(left, right):
    return np.abs(left[0] - right[0]).max()


tape_loop, numeric_loop = tf.test.compute_gradient(loop, [bandit.weights])
tape_arrays, numeric_arrays = tf.test.compute_gradient(arrays, [bandit.weights])
tape_softplus, numeric_softplus = tf.test.compute_gradient(softplus, [np.linspace(-1, 1, 3)])
print("largest difference of tape and finite differences")
print(f"  the loop    {largest(tape_loop, numeric_loop):.1e}")
print(f"  the arrays  {largest(tape_arrays, numeric_arrays):.1e}")
print(f"  softplus    {largest(tape_softplus, numeric_softplus):.1e}")
print("of the arrays' tape and the loop's finite differences")
print(f"              {largest(tape_arrays, numeric_loop):.1e}")
