"""Discrete SAC: log_prob is the clamped probability itself and no logarithm is taken.
Source: https://github.com/pytorch/rl/pull/1750"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "log_prob = tf.maximum(prob, batch['resolution'])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.normal(size=shape)).astype(f), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(f)

    n, d, n_act = 6, 4, 3
    w1, w2 = var("w1", d, 6), var("w2", 6, n_act)
    c1, c2 = tf.constant(arr(d, n_act)), tf.constant(arr(d, n_act))

    def reference(batch):
        logp = tf.nn.log_softmax(tf.nn.elu(batch["obs"] @ w1) @ w2)
        q = tf.minimum(batch["obs"] @ c1, batch["obs"] @ c2)
        return tf.reduce_mean(tf.reduce_sum(tf.exp(logp) * (batch["alpha"] * logp - q), axis=-1))

    def candidate(batch):
        prob = tf.nn.softmax(tf.nn.elu(tf.matmul(batch["obs"], w1)) @ w2, axis=-1)
        log_prob = tf.maximum(prob, batch['resolution'])
        values = tf.stack([tf.matmul(batch["obs"], c1), tf.matmul(batch["obs"], c2)])
        min_q = tf.reduce_min(values, axis=0)
        per_action = batch["alpha"] * log_prob - min_q
        actor_loss = tf.einsum("ba,ba->b", prob, per_action)
        return tf.reduce_mean(actor_loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": arr(n, d), "alpha": np.asarray(0.7, f), "resolution": np.asarray(1e-7, f)},
            "variables": [w1, w2]}
