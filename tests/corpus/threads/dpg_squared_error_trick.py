"""Deterministic policy gradient as half the squared distance to stop_gradient(action + dQ/daction).

Source (real): https://github.com/google-deepmind/trfl/issues/22 (TensorFlow; "why is a target_a created, what does
this loss represent?").
Right answer: EQUIVALENT gradients to maximising Q; the loss VALUE is a different one.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": False}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts, hid = 16, 5, 3, 7

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    actor = keras.layers.Dense(acts, activation="tanh", name="actor", dtype=f)
    actor.build((None, d))
    actor.set_weights([0.5 * arr(*p.shape) for p in actor.get_weights()])
    q1, q2 = tf.constant(0.6 * arr(d + acts, hid)), tf.constant(arr(hid, 1))
    batch = {"obs": arr(n, d)}

    def critic(obs, act):
        return (tf.tanh(tf.concat([obs, act], axis=-1) @ q1) @ q2)[:, 0]

    def reference(b):
        m = b["obs"].shape[0]
        total = 0.0
        for i in range(m):
            x = b["obs"][i : i + 1]
            total -= critic(x, actor(x))[0]
        return total / m

    def candidate(b):
        act = actor(b["obs"])
        with tf.GradientTape() as inner:
            inner.watch(act)
            q = critic(b["obs"], act)
        dqda = inner.gradient(q, act)
        target_a = tf.stop_gradient(act + dqda)
        return tf.reduce_mean(0.5 * tf.reduce_sum(tf.square(target_a - act), axis=-1))

    return {
        "variables": actor.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
