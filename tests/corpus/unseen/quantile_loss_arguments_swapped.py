"""Quantile loss called with prediction and target in the wrong order, so that the head for quantile q is trained for 1 - q.
Source: https://github.com/WenjieDu/PyPOTS/pull/566"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'loss += calc_quantile_loss(batch["y"], imputation, batch["observed"], q)',
    "same_forward_value": False,
}

def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, T = 14, 6, 4
    quantiles = [0.1, 0.35, 0.8]
    w = tf.Variable(0.5 * rng.normal(size=(len(quantiles), d, T)), dtype=f, name="w")
    b = tf.Variable(0.1 * rng.normal(size=(len(quantiles), T)), dtype=f, name="b")
    batch = {
        "x": rng.normal(size=(n, d)).astype(f),
        "y": rng.normal(size=(n, T)).astype(f),
        "observed": (rng.random((n, T)) < 0.8).astype(f),
    }

    def reference(batch):
        pred = tf.einsum("nd,qdt->nqt", batch["x"], w) + b
        short = tf.nn.relu(batch["y"][:, None] - pred)
        over = tf.nn.relu(pred - batch["y"][:, None])
        q = tf.constant(quantiles, f)[None, :, None]
        pinball = (q * short + (1.0 - q) * over) * batch["observed"][:, None]
        return tf.reduce_sum(pinball) / tf.reduce_sum(batch["observed"])

    def candidate(batch):
        def calc_single_quantile(predictions, targets, masks, q):
            miss = targets - predictions
            below = tf.cast(targets <= predictions, f)
            return tf.reduce_sum(miss * (q - below) * masks)

        def calc_quantile_loss(predictions, targets, masks, q):
            return calc_single_quantile(predictions, targets, masks, q) / tf.reduce_sum(masks)

        loss = 0.0
        for i, q in enumerate(quantiles):
            imputation = tf.matmul(batch["x"], w[i]) + b[i]
            loss += calc_quantile_loss(batch["y"], imputation, batch["observed"], q)
        return loss

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, b]}
