"""A quantile loss slices the predictions as [n, 1] against targets of shape [n], so the errors are [n, n]. Source: https://github.com/ml-stat-Sustech/TorchCP/issues/27"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'broadcast',
    "line_marker": 'errors = target - preds[:, i:i + 1]',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d = 6, 4
    w1 = var("w1", d, 5)
    w2 = var("w2", 5, 3)

    def reference(batch):
        out = tf.nn.relu(batch["x"] @ w1) @ w2
        err = batch["y"][:, None] - out
        q = batch["quantiles"][None, :]
        pin = q * tf.nn.relu(err) + (1.0 - q) * tf.nn.relu(-err)
        return tf.reduce_mean(tf.reduce_sum(pin, axis=1))

    def candidate(batch):
        def quantile_loss(preds, target, quantiles):
            losses = []
            for i, q in enumerate(tf.unstack(quantiles)):
                errors = target - preds[:, i:i + 1]
                losses.append(tf.maximum((q - 1) * errors, q * errors))
            return tf.reduce_mean(tf.add_n(losses))

        preds = tf.matmul(tf.nn.relu(tf.matmul(batch["x"], w1)), w2)
        return quantile_loss(preds, batch["y"], batch["quantiles"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((n, d)).astype(fx), "y": (2 * rng.standard_normal(n)).astype(fx),
                      "quantiles": np.array([0.1, 0.5, 0.9]).astype(fx)},
            "variables": [w1, w2]}
