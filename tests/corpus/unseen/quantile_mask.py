"""Quantile loss: for the samples with y <= pred the difference must enter with a minus sign.
Source: https://github.com/scikit-learn/scikit-learn/issues/6076"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "below = (1.0 - alpha) * tf.reduce_sum(tf.boolean_mask(diff, ~mask))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, steps, h = 5, 6, 3
    rnn = keras.layers.SimpleRNN(8, name="rnn")
    proj = keras.layers.Dense(h, name="proj")
    rnn.build((n, steps, 2))
    proj.build((n, 8))
    quantiles = (0.1, 0.5, 0.9)

    def reference(batch):
        q_hat = proj(rnn(batch["past"]))
        terms = []
        for k, q in enumerate(quantiles):
            e = batch["y"] - q_hat[:, k]
            terms.append(tf.reduce_mean(tf.maximum(q * e, (q - 1.0) * e)))
        return tf.add_n(terms)

    def candidate(batch):
        def quantile_loss(y, pred, alpha):
            diff = y - pred
            mask = y > pred
            above = alpha * tf.reduce_sum(tf.boolean_mask(diff, mask))
            below = (1.0 - alpha) * tf.reduce_sum(tf.boolean_mask(diff, ~mask))
            return (above + below) / tf.cast(tf.shape(y)[0], diff.dtype)

        state = rnn(batch["past"])
        forecast = proj(state)
        loss = 0.0
        for pred, alpha in zip(tf.unstack(forecast, axis=1), quantiles):
            loss += quantile_loss(batch["y"], pred, alpha)
        return loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"past": rng.normal(size=(n, steps, 2)).astype(fx), "y": (0.3 * rng.normal(size=n)).astype(fx)},
            "variables": rnn.trainable_variables + proj.trainable_variables}
