"""Discrete survival likelihood: (1 - alpha) * (censored + uncensored) + alpha * uncensored. A reader wondered whether it is the loss
where only the censored part is damped by (1 - alpha). It is. Right.
Source: https://github.com/mahmoodlab/PORPOISE/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, bins = 18, 5, 4
    x = rng.standard_normal((n, d)).astype(f)
    label = rng.integers(0, bins, (n, 1)).astype("int32")
    censored = rng.integers(0, 2, (n, 1)).astype(f)
    w = tf.Variable(rng.standard_normal((d, bins)) * 0.6, dtype=f, name="w")
    b = tf.Variable(rng.standard_normal((bins,)) * 0.3, dtype=f, name="b")
    alpha = 0.4

    def reference(batch):
        logits = batch["x"] @ w + b
        k, c = batch["label"][:, 0], batch["censored"][:, 0]
        log_h, log_not_h = tf.math.log_sigmoid(logits), tf.math.log_sigmoid(-logits)
        at_event = tf.one_hot(k, bins, dtype=f)
        before = tf.sequence_mask(k, bins, dtype=f)
        event = tf.reduce_sum(log_not_h * before + log_h * at_event, axis=1)
        survived = tf.reduce_sum(log_not_h * (before + at_event), axis=1)
        return -tf.reduce_mean((1.0 - c) * event + (1.0 - alpha) * c * survived)

    def candidate(batch):
        y, c, eps = batch["label"], batch["censored"], 1e-12
        hazards = tf.sigmoid(tf.matmul(batch["x"], w) + b)
        S = tf.math.cumprod(1.0 - hazards, axis=1)
        S_padded = tf.concat([tf.ones_like(c), S], axis=1)

        def gather(tensor, index):
            return tf.gather(tensor, index, axis=1, batch_dims=1)

        uncensored_loss = -(1.0 - c) * (tf.math.log(tf.maximum(gather(S_padded, y), eps))
                                        + tf.math.log(tf.maximum(gather(hazards, y), eps)))
        censored_loss = -c * tf.math.log(tf.maximum(gather(S_padded, y + 1), eps))
        neg_l = censored_loss + uncensored_loss
        loss = (1 - alpha) * neg_l + alpha * uncensored_loss
        return tf.reduce_mean(loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "label": label, "censored": censored}, "variables": [w, b]}
