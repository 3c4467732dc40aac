"""sparse_categorical_crossentropy with label smoothing: the uniform part is a mean over all positions, the ignored ones
too. Source: https://github.com/tinygrad/tinygrad/pull/3570"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "smoothing = -label_smoothing * tf.reduce_mean(log_probs)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, t, d, c, ignore_index, label_smoothing = 3, 5, 6, 7, -1, 0.4
    l1 = keras.layers.Dense(8, activation="gelu", name="l1")
    l2 = keras.layers.Dense(c, name="l2")
    l1.build((n, t, d))
    l2.build((n, t, 8))

    def reference(batch):
        logits = tf.reshape(l2(l1(batch["x"])), (-1, c))
        y = tf.reshape(batch["y"], (-1,))
        keep = tf.where(y != ignore_index)[:, 0]
        logits, y = tf.gather(logits, keep), tf.gather(y, keep)
        soft = (1 - label_smoothing) * tf.one_hot(y, c, dtype=logits.dtype) + label_smoothing / c
        return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(soft, logits))

    def candidate(batch):
        log_probs = tf.nn.log_softmax(l2(l1(batch["x"])), axis=-1)
        Y = batch["y"]
        loss_mask = tf.cast(tf.not_equal(Y, ignore_index), log_probs.dtype)
        y_counter = tf.range(c, dtype=Y.dtype)
        y = tf.cast(tf.equal(y_counter, Y[..., None]), log_probs.dtype) * loss_mask[..., None]
        nll = -(1 - label_smoothing) * tf.reduce_sum(log_probs * y) / tf.reduce_sum(loss_mask)
        smoothing = -label_smoothing * tf.reduce_mean(log_probs)
        return nll + smoothing

    y = rng.integers(0, c, size=(n, t))
    y[0, 2:] = -1
    y[2, 1:] = -1
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, t, d)).astype(fx), "y": y},
            "variables": l1.trainable_variables + l2.trainable_variables}
