"""Suspected: formula and code of the quantile loss differ in a sign. With the order of target and
prediction exchanged they are the same. Source: https://github.com/sktime/pytorch-forecasting/pull/740"""
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

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    b, t, d = 4, 5, 3
    quantiles = [0.1, 0.5, 0.9]
    x = normal(b, t, d)
    y = normal(b, t)
    lengths = np.array([5, 3, 4, 2], dtype="int32")
    kernel = var("kernel", d, 3)
    bias = var("bias", 3)

    def reference(batch):
        pred = tf.einsum("btd,dq->btq", batch["x"], kernel) + bias
        total, count = 0.0, 0
        for i in range(b):
            for j in range(int(batch["lengths"][i])):
                for k, q in enumerate(quantiles):
                    over = pred[i, j, k] - batch["y"][i, j]
                    total += q * tf.nn.relu(-over) + (1.0 - q) * tf.nn.relu(over)
                count += 1
        return 2.0 * total / (3 * count)

    def candidate(batch):
        y_pred = tf.tensordot(batch["x"], kernel, 1) + bias
        losses = []
        for i, q in enumerate(quantiles):
            errors = batch["y"] - y_pred[..., i]
            losses.append(tf.maximum((q - 1) * errors, q * errors)[..., None])
        losses = 2 * tf.concat(losses, axis=2)
        mask = tf.sequence_mask(batch["lengths"], maxlen=t, dtype=losses.dtype)
        return tf.reduce_sum(tf.reduce_mean(losses, axis=2) * mask) / tf.reduce_sum(mask)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "y": y, "lengths": lengths}, "variables": [kernel, bias]}
