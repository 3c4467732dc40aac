"""Quantile loss of shape (batch, quantiles, horizon): the mean 'over the prediction horizon' is taken over axis -2, the quantiles.
Source: https://github.com/amazon-science/chronos-forecasting/pull/312"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "loss = tf.reduce_mean(loss, axis=-2)  # Mean over prediction horizon",
    "same_forward_value": False,
}


class ResidualBlock(keras.layers.Layer):
    def __init__(self, hidden, out):
        super().__init__()
        self.hidden = keras.layers.Dense(hidden, activation="relu")
        self.out = keras.layers.Dense(out)
        self.skip = keras.layers.Dense(out)

    def call(self, x):
        return self.out(self.hidden(x)) + self.skip(x)


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, context, horizon = 6, 12, 8
    quantiles = [0.1, 0.5, 0.9]
    series = np.cumsum(rng.normal(size=(n, context + horizon)), 1).astype("float32")
    ctx, target = series[:, :context], series[:, context:]
    target_mask = np.ones((n, horizon), "float32")
    target_mask[1, 5:] = 0
    target_mask[4, 6:] = 0

    embed = ResidualBlock(10, 8)
    head = ResidualBlock(10, len(quantiles) * horizon)
    level = tf.constant(quantiles)[None, :, None]

    def forward(batch):
        loc = tf.reduce_mean(batch["context"], axis=1, keepdims=True)
        scale = tf.math.reduce_std(batch["context"], axis=1, keepdims=True) + 1e-5
        h = embed((batch["context"] - loc) / scale)
        preds = tf.reshape(head(tf.nn.relu(h)), (-1, len(quantiles), horizon))
        target = (batch["target"] - loc) / scale
        return preds, target[:, None, :]

    forward({"context": tf.constant(ctx), "target": tf.constant(target)})

    def reference(batch):
        preds, target = forward(batch)
        diff = target - preds
        pinball = 2.0 * tf.maximum(level * diff, (level - 1.0) * diff) * batch["mask"][:, None, :]
        per_quantile = tf.reduce_mean(pinball, axis=2)
        return tf.reduce_mean(tf.reduce_sum(per_quantile, axis=1))

    def candidate(batch):
        quantile_preds, target = forward(batch)
        below = tf.cast(target <= quantile_preds, tf.float32)
        loss = 2.0 * tf.abs((target - quantile_preds) * (below - level))
        loss = loss * batch["mask"][:, None, :]
        loss = tf.reduce_mean(loss, axis=-2)  # Mean over prediction horizon
        loss = tf.reduce_sum(loss, axis=-1)  # Sum over quantile levels
        return tf.reduce_mean(loss)  # Mean over batch

    return {"reference": reference, "candidate": candidate,
            "batch": {"context": ctx, "target": target, "mask": target_mask},
            "variables": embed.trainable_variables + head.trainable_variables}
