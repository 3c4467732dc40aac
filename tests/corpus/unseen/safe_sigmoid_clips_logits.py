"""Logits are clipped to [-10, 10] before the sigmoid "for safety": outside, the gradient of tf.clip_by_value is zero, and
a head whose bias starts far out does not learn at all.
Source: https://github.com/tensorflow/tensorflow/issues/89110"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": "clipped = tf.clip_by_value(logits, -10.0, 10.0)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d = 21, 6
    common = keras.layers.Dense(2, name="common_head")
    rare = keras.layers.Dense(1, name="rare_head", bias_initializer=keras.initializers.Constant(-14.0),
                              kernel_initializer=keras.initializers.RandomNormal(stddev=0.1))
    common.build((None, d))
    rare.build((None, d))
    x = np.clip(rng.normal(size=(n, d)), -2, 2).astype(f)
    y = (rng.uniform(size=(n, 3)) < 0.4).astype(f)
    y[:2, 2] = 1.0

    def reference(batch):
        a, b = common(batch["x"]), rare(batch["x"])
        ya, yb = batch["y"][:, :2], batch["y"][:, 2:]
        parts = [tf.nn.sigmoid_cross_entropy_with_logits(logits=z, labels=t) for z, t in ((a, ya), (b, yb))]
        return tf.reduce_mean(tf.concat(parts, axis=1))

    def candidate(batch):
        def safe_sigmoid(logits):
            clipped = tf.clip_by_value(logits, -10.0, 10.0)
            return 1.0 / (1.0 + tf.exp(-clipped))

        def bce(y_true, p_hat):
            return -(y_true * tf.math.log(p_hat) + (1 - y_true) * tf.math.log(1 - p_hat))

        W = tf.concat([common.kernel, rare.kernel], axis=1)
        bias = tf.concat([common.bias, rare.bias], axis=0)
        logits_hat = tf.matmul(batch["x"], W) + bias
        return tf.reduce_mean(bce(batch["y"], safe_sigmoid(logits_hat)))

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "y": y},
            "variables": common.trainable_variables + rare.trainable_variables}
