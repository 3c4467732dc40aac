"""The dueling head of type max subtracts the maximum over the whole batch instead of per sample.
Source: https://github.com/keras-rl/keras-rl/pull/239"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'peak = tf.reduce_max(adv, keepdims=True)',
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
    trunk, out = var("trunk", d, 8), var("out", 8, n_act + 1)

    def reference(batch):
        a = tf.nn.relu(batch["obs"] @ trunk) @ out
        rows = []
        for i in range(n):
            q = a[i, 0] + a[i, 1:] - tf.reduce_max(a[i, 1:])
            rows.append(q[batch["act"][i]])
        err = tf.abs(tf.stack(rows) - batch["target"])
        return tf.reduce_mean(tf.where(err < 1.0, 0.5 * err ** 2, err - 0.5))

    def candidate(batch):
        def dueling(features):
            raw = tf.matmul(features, out)
            state_value, adv = raw[:, :1], raw[:, 1:]
            peak = tf.reduce_max(adv, keepdims=True)
            return state_value + adv - peak

        q_values = dueling(tf.nn.relu(tf.matmul(batch["obs"], trunk)))
        mask = tf.one_hot(batch["act"], n_act, dtype=q_values.dtype)
        delta = tf.reduce_sum(q_values * mask, axis=1) - batch["target"]
        quad = tf.minimum(tf.abs(delta), 1.0)
        return tf.reduce_mean(0.5 * tf.square(quad) + tf.abs(delta) - quad)

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": arr(n, d), "act": rng.integers(0, n_act, n), "target": 2 * arr(n)},
            "variables": [trunk, out]}
