"""Binary cross entropy on float16 outputs: 1 - 1e-7 is 1 in half precision, so the clip does nothing and log(0) appears once a unit saturates. Source: https://github.com/tensorflow/tensorflow/issues/38457"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": "output = tf.clip_by_value(y_pred, tf.cast(EPSILON, y_pred.dtype), tf.cast(1.0 - EPSILON, y_pred.dtype))",
    "same_forward_value": False,
}

EPSILON = 1e-7


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, d = 8, 4
    hidden = keras.layers.Dense(6, activation="relu", dtype="mixed_float16")
    head = keras.layers.Dense(1, activation="sigmoid", dtype="mixed_float16", kernel_initializer=keras.initializers.RandomNormal(stddev=9.0))
    x = rng.normal(scale=2.0, size=(n, d)).astype(np.float32)

    def reference(batch):
        h = hidden(batch["x"])
        logits = tf.squeeze(tf.cast(tf.matmul(h, tf.cast(head.kernel, h.dtype)) + tf.cast(head.bias, h.dtype), tf.float32), -1)
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=batch["y"], logits=logits))

    def binary_crossentropy(y_true, y_pred):
        y_true = tf.cast(y_true, y_pred.dtype)
        output = tf.clip_by_value(y_pred, tf.cast(EPSILON, y_pred.dtype), tf.cast(1.0 - EPSILON, y_pred.dtype))
        bce = y_true * tf.math.log(output) + (1.0 - y_true) * tf.math.log(1.0 - output)
        return -bce

    def candidate(batch):
        y_pred = tf.squeeze(head(hidden(batch["x"])), -1)
        return tf.reduce_mean(tf.cast(binary_crossentropy(batch["y"], y_pred), tf.float32))

    head(hidden(x))
    y = (np.arange(n) % 2).astype(np.float32)
    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "y": y}, "variables": hidden.trainable_variables + head.trainable_variables}
