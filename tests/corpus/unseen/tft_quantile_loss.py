"""Temporal fusion transformer: suspected that max((q-1)*e, q*e) with e = target - prediction goes negative; it is the pinball loss in its other form. Source: https://github.com/KalleBylin/temporal-fusion-transformers/issues/1"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


class QuantileLoss:
    def __init__(self, quantiles):
        self.quantiles = quantiles

    def __call__(self, preds, target):
        losses = []
        for i, q in enumerate(self.quantiles):
            errors = target - preds[:, :, i]
            losses.append(tf.expand_dims(tf.maximum((q - 1) * errors, q * errors), 1))
        return tf.reduce_mean(tf.reduce_sum(tf.concat(losses, axis=1), axis=1))


class GatedResidualNetwork(tf.keras.layers.Layer):
    def __init__(self, units):
        super().__init__()
        self.fc1 = tf.keras.layers.Dense(units, activation="elu")
        self.fc2 = tf.keras.layers.Dense(units)
        self.gate = tf.keras.layers.Dense(units, activation="sigmoid")
        self.norm = tf.keras.layers.LayerNormalization()

    def call(self, x):
        h = self.fc2(self.fc1(x))
        return self.norm(x + self.gate(h) * h)


def build(seed=0):
    rng = np.random.default_rng(seed)
    tf.keras.utils.set_random_seed(seed)
    n, length, d, units = 4, 6, 3, 8
    quantiles = [0.1, 0.5, 0.9]
    lstm = tf.keras.layers.LSTM(units, return_sequences=True)
    grn = GatedResidualNetwork(units)
    head = tf.keras.layers.Dense(len(quantiles))
    criterion = QuantileLoss(quantiles)

    def predict(x):
        return head(grn(lstm(x)))

    def reference(batch):
        preds = predict(batch["x"])
        q = tf.constant(quantiles)
        underflow = batch["y"][..., None] - preds
        q_loss = q * tf.maximum(underflow, 0.0) + (1.0 - q) * tf.maximum(-underflow, 0.0)
        return tf.reduce_mean(tf.reduce_sum(q_loss, axis=-1))

    def candidate(batch):
        return criterion(predict(batch["x"]), batch["y"])

    batch = {"x": rng.normal(size=(n, length, d)).astype(np.float32), "y": rng.normal(size=(n, length)).astype(np.float32)}
    predict(batch["x"])
    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": lstm.trainable_variables + grn.trainable_variables + head.trainable_variables}
