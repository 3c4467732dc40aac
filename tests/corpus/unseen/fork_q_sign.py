"""FORK actor objective (eq. 6): the value of the second predicted state enters with the wrong sign.
Source: https://github.com/honghaow/FORK/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "loss += tf.reduce_mean(weight * q_value(state, act(state)))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, k = 6, 4, 2
    weight = 0.6
    actor = tf.Variable(rng.standard_normal((d, k)) * 0.5, dtype=fx, name="actor")
    sysw = tf.constant(rng.standard_normal((d + k, d)) * 0.5, dtype=fx)
    c1 = tf.constant(rng.standard_normal((d + k, 8)) * 0.6, dtype=fx)
    c2 = tf.constant(rng.standard_normal((8, 1)) * 0.8, dtype=fx)

    def act(s):
        return tf.tanh(s @ actor)

    def q_value(s, a):
        return tf.squeeze(tf.nn.elu(tf.concat([s, a], -1) @ c1) @ c2, -1)

    def step(s, a):
        return tf.tanh(tf.concat([s, a], -1) @ sysw)

    def reference(batch):
        s0 = batch["obs"]
        a0 = act(s0)
        s1 = step(s0, a0)
        a1 = act(s1)
        s2 = step(s1, a1)
        gain = q_value(s0, a0) + weight * q_value(s1, a1) + weight ** 2 * q_value(s2, act(s2))
        return -tf.reduce_mean(gain) + 1e-3 * tf.reduce_sum(actor ** 2)

    def candidate(batch):
        state = batch["obs"]
        action = act(state)
        loss = -tf.reduce_mean(q_value(state, action))
        state = step(state, action)
        loss += tf.reduce_mean(weight * q_value(state, act(state)))
        state = step(state, act(state))
        loss += -tf.reduce_mean(weight * weight * q_value(state, act(state)))
        loss += 1e-3 * tf.reduce_sum(tf.square(actor))
        return loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.standard_normal((n, d)).astype(fx)},
            "variables": [actor]}
