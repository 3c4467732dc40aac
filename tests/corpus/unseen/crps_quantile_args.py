"""The CRPS over quantiles hands the targets to the quantile loss as its predictions and the other way round.
Source: https://github.com/WenjieDu/PyPOTS/issues/554"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "q_loss = calc_quantile_loss(targets, q_pred, quantiles[i], masks)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, steps, feat, hidden = 4, 5, 2, 3
    quantiles = [0.05, 0.25, 0.5, 0.75, 0.95]
    x = rng.normal(size=(n, steps, hidden)).astype(fx)
    y = rng.normal(size=(n, steps, feat)).astype(fx)
    masks = (rng.uniform(size=(n, steps, feat)) < 0.7).astype(fx)
    w = tf.Variable((0.5 * rng.normal(size=(hidden, feat * len(quantiles)))).astype(fx), name="w")
    b = tf.Variable(np.repeat(np.linspace(-1, 1, 5), feat).astype(fx), name="b")

    def predict(batch):
        out = batch["x"] @ w + b
        return tf.transpose(tf.reshape(out, (n, steps, len(quantiles), feat)), (2, 0, 1, 3))

    def reference(batch):
        denom = tf.reduce_sum(tf.abs(batch["y"] * batch["masks"]))
        pred, total = predict(batch), 0.0
        for q, p in zip(quantiles, tf.unstack(pred)):
            u = batch["y"] - p
            pin = tf.maximum(q * u, (q - 1.0) * u)
            total += 2.0 * tf.reduce_sum(pin * batch["masks"]) / denom
        return total / len(quantiles)

    def candidate(batch):
        def calc_quantile_loss(predictions, targets, q, masks):
            over = tf.cast(targets <= predictions, predictions.dtype)
            return 2.0 * tf.reduce_sum(tf.abs((predictions - targets) * masks * (over - q)))

        targets, masks = batch["y"], batch["masks"]
        predictions = predict(batch)
        crps = 0.0
        denominator = tf.reduce_sum(tf.abs(targets * masks))
        for i in range(len(quantiles)):
            q_pred = predictions[i]
            q_loss = calc_quantile_loss(targets, q_pred, quantiles[i], masks)
            crps += q_loss / denominator
        return crps / len(quantiles)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "y": y, "masks": masks}, "variables": [w, b]}
