"""Glow's gaussian likelihood divides by exp(2 logs), which a reader takes for an error; logs is log sigma, so it is
right.
Source: https://github.com/corenel/pytorch-glow/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.5):
        return tf.Variable((s * rng.normal(size=shape)).astype(fx), name=name)

    n, d = 5, 6
    scale, shift = var("scale", d // 2, d // 2), var("shift", d // 2, d // 2)
    p_mean, p_logs = var("p_mean", d), var("p_logs", d, s=0.3)

    def reference(batch):
        a, b = batch["x"][:, : d // 2], batch["x"][:, d // 2:]
        s = tf.sigmoid(a @ scale + 2.0)
        z = tf.concat([a, (b + a @ shift) * s], 1)
        sigma = tf.exp(p_logs)
        pdf = tf.exp(-((z - p_mean) / sigma) ** 2 / 2.0) / (sigma * np.sqrt(2.0 * np.pi))
        return -tf.reduce_mean(tf.reduce_sum(tf.math.log(pdf), 1) + tf.reduce_sum(tf.math.log(s), 1))

    def candidate(batch):
        def likelihood(mean, logs, x):
            return -0.5 * (logs * 2.0 + tf.square(x - mean) / tf.exp(logs * 2.0) + float(np.log(2.0 * np.pi)))

        z1, z2 = tf.split(batch["x"], 2, axis=1)
        gate = tf.matmul(z1, scale) + 2.0
        z2 = (z2 + tf.matmul(z1, shift)) * tf.sigmoid(gate)
        logdet = tf.reduce_sum(tf.math.log_sigmoid(gate), axis=1)
        z = tf.concat([z1, z2], axis=1)
        objective = logdet + tf.reduce_sum(likelihood(p_mean, p_logs, z), axis=1)
        return tf.reduce_mean(-objective)

    return {"reference": reference, "candidate": candidate, "batch": {"x": rng.normal(size=(n, d)).astype(fx)},
            "variables": [scale, shift, p_mean, p_logs]}
