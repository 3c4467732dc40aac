"""Prioritised replay TD errors for twin critics take the minimum of the first head
with itself; the weights of the critic loss follow. Source: https://github.com/AI4Finance-Foundation/ElegantRL/issues/25"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'index',
    "line_marker": "pess = tf.minimum(q1, q1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.6):
        return tf.Variable(rng.normal(0.0, s, shape).astype(fx), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(fx)

    n, d = 7, 5
    w_a, w_b = var("w_a", d, 6), var("w_b", 6, 2)
    gamma = 0.97

    def critics(x):
        return tf.nn.tanh(x @ w_a) @ w_b

    def reference(batch):
        q = critics(batch["sa"])
        label = tf.stop_gradient(batch["reward"] + gamma * batch["mask"] * batch["next_q"])
        err = tf.abs(label - tf.stop_gradient(tf.reduce_min(q, axis=1)))
        prio = tf.clip_by_value(err, 1e-2, 10.0) ** 0.6
        weight = prio / tf.reduce_max(prio)
        total = 0.0
        for h in range(2):
            total += tf.reduce_mean(weight * tf.square(q[:, h] - label))
        return total

    def candidate(batch):
        target = batch["reward"] + gamma * batch["mask"] * batch["next_q"]
        target = tf.stop_gradient(target)
        q1, q2 = tf.unstack(critics(batch["sa"]), axis=1)
        pess = tf.minimum(q1, q1)
        td_error = tf.abs(target - tf.stop_gradient(pess))
        td_error = tf.pow(tf.clip_by_value(td_error, 1e-2, 10.0), 0.6)
        is_weight = td_error / tf.reduce_max(td_error)
        obj = tf.square(q1 - target) + tf.square(q2 - target)
        return tf.reduce_mean(obj * is_weight)

    return {"reference": reference, "candidate": candidate,
            "batch": {"sa": arr(n, d), "reward": arr(n), "mask": (rng.random(n) > 0.3).astype(fx), "next_q": arr(n)},
            "variables": [w_a, w_b]}
