"""Illegal moves are to be removed from the policy by a very negative logit, but the filler was written 1.0e-10 instead of 1.0e10.
Source: https://github.com/LeelaChessZero/lczero-training/pull/64"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'numerics',
    "line_marker": 'illegal_filler = tf.zeros_like(policy) - 1.0e-10',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, planes, moves = 12, 6, 9
    net = keras.Sequential([keras.Input((planes,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(moves)])
    legal = rng.random((n, moves)) < 0.6
    legal[:, 2] = True
    y = rng.uniform(0.1, 1.0, (n, moves)) * legal
    y = y / y.sum(1, keepdims=True)
    y[~legal] = -1.0
    batch = {"x": rng.standard_normal((n, planes)).astype(f), "y": y.astype(f)}

    def reference(b):
        total = tf.zeros((), f)
        scores = net(b["x"])
        for row, target in zip(tf.unstack(scores), tf.unstack(b["y"])):
            keep = target >= 0
            s, t = tf.boolean_mask(row, keep), tf.boolean_mask(target, keep)
            total += tf.reduce_logsumexp(s) - tf.reduce_sum(t * s)
        return total / n

    def candidate(b):
        policy = net(b["x"])
        # y has -1 on illegal moves
        move_is_legal = tf.greater_equal(b["y"], 0)
        # large negative value for illegal moves, without gradient
        illegal_filler = tf.zeros_like(policy) - 1.0e-10
        policy = tf.where(move_is_legal, policy, illegal_filler)
        target = tf.nn.relu(b["y"])
        cross_entropy = tf.nn.softmax_cross_entropy_with_logits(labels=tf.stop_gradient(target), logits=policy)
        return tf.reduce_mean(cross_entropy)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": net.trainable_variables}
