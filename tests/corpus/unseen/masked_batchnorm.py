"""Batch normalisation of variable-length sequences takes its statistics over the filler frames too.
Source: https://github.com/Tomiinek/Multilingual_Text_to_Speech/issues/81"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "mean, var = tf.nn.moments(x, axes=[0, 1])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    dt = keras.config.floatx()
    b, t, c, out = 4, 6, 3, 4
    kern = tf.Variable(rng.normal(size=(3, c, out)) * 0.6, dtype=dt, name="conv")
    gamma = tf.Variable(1 + 0.2 * rng.normal(size=out), dtype=dt, name="gamma")
    beta = tf.Variable(0.2 * rng.normal(size=out), dtype=dt, name="beta")
    head = tf.Variable(rng.normal(size=(out, 1)), dtype=dt, name="head")
    eps = 1e-5

    def reference(batch):
        m = batch["mask"]
        h = tf.nn.conv1d(batch["x"] * m[..., None], kern, 1, "SAME")
        valid = tf.boolean_mask(h, m > 0)
        mu = tf.reduce_mean(valid, axis=0)
        var = tf.reduce_mean((valid - mu) ** 2, axis=0)
        z = tf.nn.relu((valid - mu) / tf.sqrt(var + eps) * gamma + beta)
        target = tf.boolean_mask(batch["y"], m > 0)
        return tf.reduce_mean(((z @ head)[:, 0] - target) ** 2)

    def candidate(batch):
        mask = batch["mask"]

        def batch_norm(x):
            mean, var = tf.nn.moments(x, axes=[0, 1])
            return tf.nn.batch_normalization(x, mean, var, beta, gamma, eps)

        x = tf.nn.conv1d(batch["x"] * mask[..., None], kern, stride=1, padding="SAME")
        x = tf.nn.relu(batch_norm(x * mask[..., None]))
        pred = tf.squeeze(x @ head, axis=-1)
        err = tf.square(pred - batch["y"]) * mask
        return tf.reduce_sum(err) / tf.reduce_sum(mask)

    lengths = np.array([6, 2, 3, 1])
    mask = (np.arange(t)[None] < lengths[:, None]).astype(dt)
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": (rng.normal(size=(b, t, c)) + 0.7).astype(dt), "mask": mask,
                      "y": rng.normal(size=(b, t)).astype(dt)},
            "variables": [kern, gamma, beta, head]}
